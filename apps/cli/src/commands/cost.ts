import { type Arguments, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { costMarkdown, costTable } from "../format/cost-table.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "cost");
  const columns = listValues(given, "on");
  if (columns.length === 0)
    throw new CommandError("cost: no column is named; write for example `hvdiff cost exit-mix --on kvm@6.1`");
  const output = outputFor(given, environment);
  const options = runOptionsOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const guest = guestOf(given.positionals[0], lab);
  const overrides = listValues(given, "cost");
  const result = await withProgress(environment, "counting", () => lab.cost(guest, columns, options, overrides));
  output.write(
    render(given, {
      table: () => costTable(result, output),
      json: () => toJson(result),
      jsonl: () => toJsonLines(result.schemaVersion, result.columns),
      md: () => costMarkdown(result),
    }),
  );
  return EXIT.same;
}

/** `hvdiff cost`. */
export const cost: Command = {
  name: "cost",
  summary: "Count what an L0 does for a guest, and predict by a model what that costs",
  usage: "GUEST --on COLUMN[,COLUMN…] [OPTIONS]",
  options: [OPTIONS.on, OPTIONS.cost, ...RUN_OPTIONS, OPTIONS.format, OPTIONS.output],
  notes: [
    "Counts are exact: they come from the run. Cycles are a model with few measured parameters: docs/reference/cost-model.md says where each comes from, and --cost changes it.",
    "The slow-down is against the same guest on metal, by the same model.",
  ],
  examples: [
    ["hvdiff cost exit-mix --on kvm@6.1,kvm@6.1/enable_shadow_vmcs=0", "what VMCS shadowing saves"],
    [
      "hvdiff cost plain-cpuid --on kvm@4.20//kvm@4.20//kvm@4.20,kvm@4.20//hvx//kvm@4.20",
      "three levels, one by translation",
    ],
    ["hvdiff cost cpuid-storm --on kvm@6.1 --cost merge=3500", "with another figure for the merge"],
  ],
  run,
};
