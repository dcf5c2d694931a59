import { type Arguments, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { quirksTable } from "../format/lists.ts";
import { quirksMarkdown } from "../format/markdown.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { runOptionsOf } from "../run-options.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "quirks");
  const output = outputFor(given, environment);
  const columns = listValues(given, "on");
  if (columns.length > 1) throw new CommandError("quirks: --on takes one column");
  const options = runOptionsOf(given);
  const lab = await environment.createLab();
  const quirks = lab.quirks(columns[0], options);
  const title = columns[0] === undefined ? "All quirks" : `Quirks active in ${columns[0]}`;
  output.write(
    render(given, {
      table: () => quirksTable(title, quirks, output),
      json: () => toJson({ schemaVersion: SCHEMA_VERSION, column: columns[0] ?? null, quirks }),
      jsonl: () => toJsonLines(SCHEMA_VERSION, quirks),
      md: () => quirksMarkdown(title, quirks),
    }),
  );
  return EXIT.same;
}

/** `hvdiff quirks`. */
export const quirks: Command = {
  name: "quirks",
  summary: "List the documented differences, all or those active in a column",
  usage: "[--on COLUMN]",
  options: [OPTIONS.onActive, OPTIONS.cpu, OPTIONS.quirk, OPTIONS.format, OPTIONS.output],
  examples: [
    ["hvdiff quirks", "the whole catalogue"],
    ["hvdiff quirks --on kvm@5.4", "what a column does differently"],
  ],
  run,
};
