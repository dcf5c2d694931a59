import type { ColumnResult, EventResult, Guest, Lab, RunOptions } from "@hvdiff/lab";
import { type Arguments, lastValue, listValues } from "../arguments.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { confidenceStyle } from "../format/causes.ts";
import { render } from "../format/choose.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { columnMarkdown } from "../format/markdown.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { runOptionsOf } from "../run-options.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";
import { COLOURED, PLAIN, wantsColour } from "../text/palette.ts";
import { visible } from "../text/wrap.ts";

/** Exit codes for guests that did not leave through the exit port. */
const ENDED_OTHERWISE: Readonly<Record<string, number>> = {
  halted: 124,
  loop: 124,
  limit: 124,
  "trace-limit": 124,
  "memory-limit": 124,
  unimplemented: 126,
};
const CRASHED = 125;
/** What a process can say of a code whose low eight bits are zero although the code is not. */
const NOT_ZERO = 255;

/** The guest's own code where it gave one, cut to what a process can return. */
export function exitCodeOf(outcome: ColumnResult["outcome"]): number {
  const exit = /^exit (\d+)/.exec(outcome.text);
  if (outcome.kind !== "exit" || exit === null) return ENDED_OTHERWISE[outcome.kind] ?? CRASHED;
  const code = Number(exit[1]);
  return code !== 0 && code % 256 === 0 ? NOT_ZERO : code % 256;
}

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
  const style = exitCodeOf(column.outcome) === 0 ? palette.same : palette.different;
  const confidence =
    column.confidence === null ? "" : ` (${confidenceStyle(column.confidence, palette)(column.confidence)})`;
  environment.stderr(`${palette.strong(column.full)}${confidence}: ${style(column.outcome.text)}\n`);
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
    return exitCodeOf(column.outcome);
  }
  const result = withProgress(environment, what, () => lab.diff(guest, [name], options));
  const column = result.columns[0]!;
  output.write(
    render(given, {
      table: () => column.serial,
      json: () => toJson(result),
      jsonl: () => toJsonLines(SCHEMA_VERSION, [column]),
      md: () => columnMarkdown(result),
    }),
  );
  reportOutcome(column, environment);
  return exitCodeOf(column.outcome);
}

/** `hvdiff run`. */
export const runGuest: Command = {
  name: "run",
  summary: "Run a guest on one column and print what it prints",
  usage: "GUEST [--on COLUMN] [OPTIONS]",
  options: [OPTIONS.onOne, ...RUN_OPTIONS, OPTIONS.trace, OPTIONS.format, OPTIONS.output],
  notes: [
    "The guest's serial output goes to stdout as it is, the outcome to stderr.",
    "Exit code: the low eight bits of what the guest wrote to the exit port 0xf4 (255 where they are zero and the code is not); 124 halted, in a loop or stopped at a bound; 125 triple fault, shutdown or stopped by its L0; 126 an instruction that hvdiff does not implement; 2 trouble, then stderr starts with `hvdiff:`.",
  ],
  examples: [
    ["hvdiff run capabilities", "on metal"],
    ["hvdiff run guest.elf --on kvm@6.1", "your own image under KVM"],
    ["hvdiff run xsaves-control --on kvm@6.1 --trace text", "what the guest could see, event by event"],
  ],
  run,
};
