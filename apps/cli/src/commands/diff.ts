import type { DiffResult } from "@hvdiff/lab";
import { type Arguments, hasFlag } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { askedColumns, orDefault } from "../compared-columns.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { counted } from "../format/diff-rows.ts";
import { diffTable } from "../format/diff-table.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { toJunit } from "../format/junit.ts";
import { diffMarkdown } from "../format/markdown.ts";
import { toTap } from "../format/tap.ts";
import { diffPoints } from "../format/test-points.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, type OptionDef, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { filteredDiff, filterOf } from "../query-filter.ts";
import { engineOf, numberOf, runOptionsOf } from "../run-options.ts";
import { compareTogether } from "../threads/pair-helpers.ts";

/** A short guest is done before a second core has learnt to run it. */
const WORKERS: OptionDef = { ...OPTIONS.workers, summary: "cores that take part (default: 1)" };

/** One line per column; what the columns share comes first in each. */
function columnLines(result: DiffResult): string {
  const { schemaVersion, columns, verdicts: _verdicts, different: _different, ...shared } = result;
  return toJsonLines(
    schemaVersion,
    columns.map((column) => ({ ...shared, ...column })),
  );
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "diff");
  const output = outputFor(given, environment);
  const options = runOptionsOf(given);
  const asked = askedColumns(given);
  const engine = engineOf(given, environment);
  const lab = await environment.createLab(engine);
  const guest = guestOf(given.positionals[0], lab);
  const columns = orDefault(asked, lab);
  const what = "scenario" in guest ? guest.scenario : guest.name;
  const filter = filterOf(given, columns);
  const whole = await withProgress(environment, `running ${what} on ${counted(columns.length, "column")}`, () =>
    compareTogether(
      environment,
      { engine, options, guest },
      Math.min(numberOf(given, "workers", 1) ?? 1, columns.length - 1),
      {
        alone: () => lab.diff(guest, columns, options),
        together: (helpers) => lab.diffTogether(columns, helpers),
      },
    ),
  );
  const result = filteredDiff(whole, filter);
  const all = hasFlag(given, "all");
  output.write(
    render(given, {
      table: () => diffTable(result, { ...output, all }),
      json: () => toJson(result),
      jsonl: () => columnLines(result),
      md: () => diffMarkdown(result, all),
      tap: () => toTap(diffPoints(result), [`${result.guest.id}, compared with ${result.reference}`]),
      junit: () => toJunit(result.guest.id, diffPoints(result)),
    }),
  );
  return result.different ? EXIT.different : EXIT.same;
}

/** `hvdiff diff`. */
export const diff: Command = {
  name: "diff",
  summary: "Run a guest on several columns and say whether, where and why they differ",
  usage: "GUEST [OPTIONS]",
  options: [OPTIONS.on, ...RUN_OPTIONS, OPTIONS.filter, WORKERS, OPTIONS.all, OPTIONS.testFormat, OPTIONS.output],
  notes: [
    "GUEST is a bundled scenario (`hvdiff scenarios`) or the path of an image: multiboot 1 or 2, PVH, Linux, or with --entry a flat binary. ./NAME is always a path.",
    "Exit code: 0 no difference, 1 a difference in a verdict, the outcome or the guest-visible trace, 2 trouble.",
  ],
  examples: [
    ["hvdiff diff xsaves-control", "on the usual columns"],
    ["hvdiff diff guest.elf --on metal,kvm@5.15,kvm@6.6", "your own image on two kernels"],
    ["hvdiff diff capabilities --quirk -kvm/some/quirk", "with one quirk switched off"],
    ["hvdiff diff capabilities --filter is:different", "only columns that differ from the reference"],
    ["hvdiff diff capabilities --format md -o report.md", "for a bug report"],
  ],
  run,
};
