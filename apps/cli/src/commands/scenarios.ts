import type { Arguments } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { scenariosTable } from "../format/lists.ts";
import { scenariosMarkdown } from "../format/markdown.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "scenarios");
  const output = outputFor(given, environment);
  const scenarios = (await environment.createLab()).scenarios();
  output.write(
    render(given, {
      table: () => scenariosTable(scenarios, output),
      json: () => toJson({ schemaVersion: SCHEMA_VERSION, scenarios }),
      jsonl: () => toJsonLines(SCHEMA_VERSION, scenarios),
      md: () => scenariosMarkdown(scenarios),
    }),
  );
  return EXIT.same;
}

/** `hvdiff scenarios`. */
export const scenarios: Command = {
  name: "scenarios",
  summary: "List the bundled guests",
  usage: "",
  options: [OPTIONS.format, OPTIONS.output],
  examples: [["hvdiff scenarios", "id, what it shows, what it needs"]],
  run,
};
