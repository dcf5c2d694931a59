import { join } from "node:path";
import { type Arguments, lastValue } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError, systemReason } from "../command-error.ts";
import type { Environment, Server } from "../environment.ts";
import { OPTIONS } from "../options.ts";
import { atMost } from "../positionals.ts";
import { parsePort } from "../quantities.ts";

const DEFAULT_PORT = "4870";
const DEFAULT_HOST = "127.0.0.1";

type ServerOptions = Parameters<Environment["startServer"]>[0];

async function start(environment: Environment, options: ServerOptions): Promise<Server> {
  try {
    return await environment.startServer(options);
  } catch (error) {
    if (systemReason(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CommandError("serve: the dashboard is not built; run `npm start` first");
  }
}

/** Where the server keeps things: as said, or in the user's state directory (XDG Base Directory Specification). */
function dataDirectory(given: Arguments, { variables }: Environment): { readonly dataDirectory?: string } {
  const said = lastValue(given, "data");
  if (said === "none") return {};
  if (said !== undefined) return { dataDirectory: said };
  const { XDG_STATE_HOME: state, HOME: home } = variables;
  if (state) return { dataDirectory: join(state, "hvdiff") };
  return home ? { dataDirectory: join(home, ".local/state/hvdiff") } : {};
}

async function exportTo(directory: string, environment: Environment): Promise<number> {
  const progress = (address: string) => environment.stderr(`${address}\n`);
  try {
    await environment.exportSite({ directory, progress });
  } catch (error) {
    if (systemReason(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CommandError("serve: the dashboard is not built; run `npm start` first");
  }
  environment.stdout(`${directory}\n`);
  return EXIT.same;
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "serve");
  const directory = lastValue(given, "export");
  if (directory !== undefined) return exportTo(directory, environment);
  const port = parsePort(lastValue(given, "port") ?? DEFAULT_PORT);
  const host = lastValue(given, "host") ?? DEFAULT_HOST;
  const server = await start(environment, { port, host, ...dataDirectory(given, environment) });
  environment.stdout(`${server.url}\n`);
  environment.stderr("The dashboard is at the address above; Ctrl-C stops it.\n");
  await environment.untilInterrupted();
  await server.close();
  return EXIT.same;
}

/** `hvdiff serve`. */
export const serve: Command = {
  name: "serve",
  summary: "Serve the dashboard on this machine",
  usage: "[--port N] [--host ADDRESS] [--data DIR] | --export DIR",
  options: [OPTIONS.port, OPTIONS.host, OPTIONS.data, OPTIONS.export],
  examples: [
    ["hvdiff serve --port 8080", "then open the printed address"],
    ["hvdiff serve --export site", "the same page for any file server"],
  ],
  run,
};
