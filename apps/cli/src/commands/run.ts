import type { ColumnResult, EventResult, Guest, Lab, RunOptions, SuiteResult } from "@hvdiff/lab";
import { type Arguments, lastValue, listValues } from "../arguments.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { exitCodeOf } from "../exit-code.ts";
import { confidenceStyle } from "../format/causes.ts";
import { render } from "../format/choose.ts";
import { counted } from "../format/diff-rows.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { toJunit } from "../format/junit.ts";
import { columnMarkdown } from "../format/markdown.ts";
import { toTap } from "../format/tap.ts";
import { runPoints } from "../format/test-points.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { runOptionsOf } from "../run-options.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";
import { COLOURED, type Palette, PLAIN, wantsColour } from "../text/palette.ts";
import { visible } from "../text/wrap.ts";

function traceOf(
  lab: Lab,
  guest: Guest,
  column: string,
  options: RunOptions,
): { column: ColumnResult; events: EventResult[] } {
  const { left, rows } = lab.compare(guest, column, column, options);
  return { column: left, events: rows.flatMap((row) => (row.left === null ? [] : [row.left])) };
}

function traceText(events: readonly EventResult[], format: string): string {
  if (format === "jsonl") return toJsonLines(SCHEMA_VERSION, events);
  return events.map((event) => `${`${event.index}`.padStart(6)}  L${event.level}  ${visible(event.text)}\n`).join("");
}

function columnOf(given: Arguments): string {
  const columns = listValues(given, "on");
  if (columns.length > 1) throw new CommandError("run: --on takes one column; `hvdiff diff` takes several");
  return columns[0] ?? "metal";
}

function reportOutcome(column: ColumnResult, environment: Environment): void {
  const palette = wantsColour(environment.variables, environment.stderrIsTerminal) ? COLOURED : PLAIN;
  const style = exitCodeOf(column) === 0 ? palette.same : palette.different;
  const confidence =
    column.confidence === null ? "" : ` (${confidenceStyle(column.confidence, palette)(column.confidence)})`;
  environment.stderr(`${palette.strong(column.full)}${confidence}: ${style(column.outcome.text)}\n`);
  for (const suite of column.suites) environment.stderr(`${suiteText(suite, palette)}\n`);
}

function suiteText(suite: SuiteResult, palette: Palette): string {
  const counts = [
    `${suite.passed} passed`,
    `${suite.failed} failed`,
    ...(suite.skipped === 0 ? [] : [`${suite.skipped} skipped`]),
    ...(suite.expectedFailures === 0 ? [] : [counted(suite.expectedFailures, "expected failure")]),
  ].join(", ");
  const style = suite.failed === 0 ? palette.same : palette.different;
  return [`${suite.format}: ${style(counts)}`, ...suite.problems.map(visible)].join("; ");
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "run");
  const trace = lastValue(given, "trace");
  if (trace !== undefined && given.values.has("format"))
    throw new CommandError("run: --trace and --format exclude each other");
  const output = outputFor(given, environment);
  const name = columnOf(given);
  const options = runOptionsOf(given);
  const lab = await environment.createLab();
  const guest = guestOf(given.positionals[0], lab);
  const what = `running ${"scenario" in guest ? guest.scenario : guest.name} on ${name}`;
  if (trace !== undefined) {
    const { column, events } = withProgress(environment, what, () => traceOf(lab, guest, name, options));
    output.write(traceText(events, trace));
    reportOutcome(column, environment);
    return exitCodeOf(column);
  }
  const result = withProgress(environment, what, () => lab.diff(guest, [name], options));
  const column = result.columns[0]!;
  output.write(
    render(given, {
      table: () => column.serial,
      json: () => toJson(result),
      jsonl: () => toJsonLines(SCHEMA_VERSION, [column]),
      md: () => columnMarkdown(result),
      tap: () => toTap(runPoints(column), [`${result.guest.id} on ${column.full}`]),
      junit: () => toJunit(result.guest.id, runPoints(column), column.serial),
    }),
  );
  reportOutcome(column, environment);
  return exitCodeOf(column);
}

/** `hvdiff run`. */
export const runGuest: Command = {
  name: "run",
  summary: "Run a guest on one column and print what it prints",
  usage: "GUEST [--on COLUMN] [OPTIONS]",
  options: [OPTIONS.onOne, ...RUN_OPTIONS, OPTIONS.trace, OPTIONS.testFormat, OPTIONS.output],
  notes: [
    "The guest's serial output goes to stdout as it is, the outcome to stderr.",
    "Exit code: the low eight bits of what the guest wrote to the exit port 0xf4 (255 where they are zero and the code is not); 124 halted, in a loop or stopped at a bound; 125 triple fault, shutdown or stopped by its L0; 126 an instruction that hvdiff does not implement; 2 trouble, then stderr starts with `hvdiff:`.",
    "Output of kvm-unit-tests, SoTest and XTF is understood: stderr then also says how many tests passed and failed, and a test that failed makes the exit code 1 where the guest's own would be 0. A suite that has said that it is done and then halts has ended regularly.",
  ],
  examples: [
    ["hvdiff run capabilities", "on metal"],
    ["hvdiff run guest.elf --on kvm@6.1", "your own image under KVM"],
    ["hvdiff run xsaves-control --on kvm@6.1 --trace text", "what the guest could see, event by event"],
  ],
  run,
};
