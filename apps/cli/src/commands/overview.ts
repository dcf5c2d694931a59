import type { MatrixResult } from "@hvdiff/lab";
import { type Arguments, hasFlag, lastValue } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { askedColumns, orDefault } from "../compared-columns.ts";
import type { Environment } from "../environment.ts";
import { render } from "../format/choose.ts";
import { counted } from "../format/diff-rows.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import type { Look } from "../format/look.ts";
import { matrixMarkdown } from "../format/markdown.ts";
import { matrixTable } from "../format/matrix-table.ts";
import { causesInOrder } from "../format/numbered-causes.ts";
import { OPTIONS, type OptionDef, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { filteredMatrix, filterOf } from "../query-filter.ts";
import { coresOf, engineOf, runOptionsOf } from "../run-options.ts";
import { pairLines } from "../text/pairs.ts";
import { compareTogether } from "../threads/pair-helpers.ts";

const ALL_CAUSES: OptionDef = { ...OPTIONS.all, summary: "say of each cause what it is" };

/** One line per scenario, with its columns in it. */
function scenarioLines(result: MatrixResult): string {
  const { schemaVersion, rows, columns: _columns, ...shared } = result;
  return toJsonLines(
    schemaVersion,
    rows.map((row) => ({ ...shared, ...row })),
  );
}

/** Commands that lead on from what was just shown, filled in with names from it. */
function nextLines(result: MatrixResult, look: Look): string {
  const differing =
    result.rows.find((row) => row.scenario.id === "xsaves-control") ??
    result.rows.find((row) => row.cells.some((cell) => cell.differing > 0));
  const scenario = differing?.scenario.id ?? "SCENARIO";
  const column =
    result.columns.find((candidate) => candidate.product === "kvm")?.column ??
    result.columns.at(-1)?.column ??
    "COLUMN";
  const cause = causesInOrder(result)[0];
  const pairs: [string, string][] = [
    [`npx hvdiff diff ${scenario}`, "one guest, verdict by verdict, with the cause of each difference"],
    [`npx hvdiff caps ${column}`, "its VMX capability bits beside metal's, as vmxcap names them"],
    [`npx hvdiff explain ${cause}`, "one cause: releases, confidence, where to check it"],
    ["npx hvdiff diff ./guest.elf", "your own image"],
    ["npx hvdiff serve", "all of this in the browser"],
    ["npx hvdiff --help", "everything else"],
  ];
  const lines = pairLines(
    pairs.filter(([line]) => cause !== undefined || !line.includes(" explain ")),
    look,
  );
  return `${["", look.palette.strong("WHERE TO GO NEXT"), ...lines].join("\n")}\n`;
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 0, "overview");
  const output = outputFor(given, environment);
  const options = runOptionsOf(given);
  const asked = askedColumns(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const columns = orDefault(asked, lab);
  const scenarios = counted(lab.scenarios().length, "scenario");
  const filter = filterOf(given, columns);
  const setting = { engine: engineOf(given, environment), options, guest: null };
  const whole = await withProgress(
    environment,
    `running ${scenarios} on ${counted(columns.length, "column")}`,
    (tell) =>
      compareTogether(environment, setting, coresOf(given, environment), {
        alone: () => lab.matrix(columns, options),
        together: (helpers) => lab.matrixTogether(columns, helpers, tell),
      }),
  );
  const result = filteredMatrix(whole, filter);
  const quirks = lab.quirks();
  const next = lastValue(given, "output") === undefined ? () => nextLines(result, output) : () => "";
  output.write(
    render(given, {
      table: () => matrixTable(result, quirks, { ...output, all: hasFlag(given, "all") }) + next(),
      json: () => toJson(result),
      jsonl: () => scenarioLines(result),
      md: () => matrixMarkdown(result, quirks),
    }),
  );
  const unattributed = result.rows.some((row) => row.cells.some((cell) => cell.unattributed > 0));
  return unattributed ? EXIT.different : EXIT.same;
}

/** `hvdiff overview`. */
export const overview: Command = {
  name: "overview",
  summary: "Run every bundled scenario on the usual columns and print the matrix",
  usage: "[OPTIONS]",
  options: [OPTIONS.on, ...RUN_OPTIONS, OPTIONS.filter, OPTIONS.workers, ALL_CAUSES, OPTIONS.format, OPTIONS.output],
  notes: [
    "Each cell says how many of the guest's verdicts differ from the first column's, and which causes of the list below it are behind them.",
    "Exit code: 0 when every difference has a known cause, 1 when one has not, 2 trouble.",
  ],
  examples: [
    ["hvdiff overview", "the usual columns"],
    ["hvdiff overview --on metal,kvm@5.15,kvm@6.6", "two kernels"],
    ["hvdiff overview --filter 'kvm:!metal seed:S1'", "scenarios of seed S1 in which a KVM column is not like metal"],
    ["hvdiff overview --format md", "for a report"],
  ],
  run,
};
