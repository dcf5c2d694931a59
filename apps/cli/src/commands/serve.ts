import { type Arguments, lastValue } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError, systemReason } from "../command-error.ts";
import type { Environment, Server } from "../environment.ts";
import { OPTIONS } from "../options.ts";
import { atMost } from "../positionals.ts";
import { parsePort } from "../quantities.ts";

const DEFAULT_PORT = "4870";
const DEFAULT_HOST = "127.0.0.1";

async function start(environment: Environment, port: number, host: string): Promise<Server> {
  try {
    return await environment.startServer({ port, host });
  } catch (error) {
    const reason = systemReason(error);
    if (reason === "ERR_MODULE_NOT_FOUND")
      throw new CommandError("serve: the dashboard is not built; run `npm start` first");
    if (reason === null) throw error;
    const hint = reason === "port is in use" ? "; choose another with --port" : "";
    throw new CommandError(`serve: cannot listen on ${host}:${port}: ${reason}${hint}`);
  }
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "serve");
  const port = parsePort(lastValue(given, "port") ?? DEFAULT_PORT);
  const server = await start(environment, port, lastValue(given, "host") ?? DEFAULT_HOST);
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
  usage: "[--port N] [--host ADDRESS]",
  options: [OPTIONS.port, OPTIONS.host],
  examples: [["hvdiff serve --port 8080", "then open the printed address"]],
  run,
};
