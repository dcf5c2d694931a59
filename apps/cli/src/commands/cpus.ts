import type { Arguments } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { cpusTable } from "../format/lists.ts";
import { cpusMarkdown } from "../format/markdown.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "cpus");
  const output = outputFor(given, environment);
  const cpus = (await environment.createLab()).cpus();
  output.write(
    render(given, {
      table: () => cpusTable(cpus, output),
      json: () => toJson({ schemaVersion: SCHEMA_VERSION, cpus }),
      jsonl: () => toJsonLines(SCHEMA_VERSION, cpus),
      md: () => cpusMarkdown(cpus),
    }),
  );
  return EXIT.same;
}

/** `hvdiff cpus`. */
export const cpus: Command = {
  name: "cpus",
  summary: "List the silicon models that --cpu takes",
  usage: "",
  options: [OPTIONS.format, OPTIONS.output],
  examples: [["hvdiff cpus", "id, title, where the data is from"]],
  run,
};
