import type { CapsResult } from "@hvdiff/lab";
import { type Arguments, hasFlag, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { capsTable } from "../format/caps-table.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { capsMarkdown } from "../format/markdown.ts";
import { OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { withProgress } from "../progress.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";

/** One line per register, with the columns' names in it. */
function registerLines(result: CapsResult): string {
  const { schemaVersion, groups, columns, ...shared } = result;
  const names = columns.map((column) => column.column);
  return toJsonLines(
    schemaVersion,
    groups.map((group) => ({ ...shared, columns: names, ...group })),
  );
}

/** The reference first: what `--against` names, or metal, then the columns asked about. */
function columnsOf(given: Arguments): string[] {
  const asked = given.positionals.flatMap((text) => text.split(",")).filter((text) => text !== "");
  if (asked.length === 0) throw new CommandError("caps: no column is named; write for example `hvdiff caps kvm@6.1`");
  const against = listValues(given, "against");
  return [...new Set([...(against.length === 0 ? ["metal"] : against), ...asked])];
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  const output = outputFor(given, environment);
  const columns = columnsOf(given);
  const options = runOptionsOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const result = await withProgress(environment, "computing capabilities", () => lab.caps(columns, options));
  const all = hasFlag(given, "all") || columns.length === 1;
  output.write(
    render(given, {
      table: () => capsTable(result, { ...output, all }),
      json: () => toJson(result),
      jsonl: () => registerLines(result),
      md: () => capsMarkdown(result, all),
    }),
  );
  return result.groups.some((group) => group.differs) ? EXIT.different : EXIT.same;
}

/** `hvdiff caps`. */
export const caps: Command = {
  name: "caps",
  summary: "Compare VMX and SVM capability bits, grouped and named as vmxcap does",
  usage: "COLUMN… [OPTIONS]",
  options: [OPTIONS.against, OPTIONS.cpu, OPTIONS.firmware, OPTIONS.quirk, OPTIONS.all, OPTIONS.format, OPTIONS.output],
  notes: [
    "A control bit is `no` (cannot be 1), `yes` (0 or 1), `forced` (must be 1) or `default` (1 by default, may be cleared through the TRUE MSRs).",
    "Exit code: 0 no difference, 1 a difference, 2 trouble.",
  ],
  examples: [
    ["hvdiff caps kvm@6.1", "beside metal"],
    ["hvdiff caps kvm@6.6 --against kvm@5.15", "what changed between two kernels"],
    ["hvdiff caps metal --all --cpu skylake-client", "all bits of one column"],
  ],
  run,
};
