import type { ColumnResult, DiffResult, EventResult, Guest, Lab, RunOptions, SuiteResult } from "@hvdiff/lab";
import { type Arguments, hasFlag, lastValue, listValues } from "../arguments.ts";
import type { Command } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { exitCodeOf } from "../exit-code.ts";
import { confidenceStyle } from "../format/causes.ts";
import { render } from "../format/choose.ts";
import { counted } from "../format/diff-rows.ts";
import { ftraceText } from "../format/ftrace.ts";
import { toJson, toJsonLines } from "../format/json.ts";
import { toJunit } from "../format/junit.ts";
import { columnMarkdown } from "../format/markdown.ts";
import { toTap } from "../format/tap.ts";
import { runPoints } from "../format/test-points.ts";
import { gdbPortOf, runUnderGdb } from "../gdb/debug-run.ts";
import { guestOf, imageAt } from "../guest-argument.ts";
import { guestStreams } from "../guest-output.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";
import { SCHEMA_VERSION } from "../schema-version.ts";
import { COLOURED, type Palette, PLAIN, wantsColour } from "../text/palette.ts";
import { visible } from "../text/wrap.ts";

function traceOf(
  lab: Lab,
  guest: Guest,
  column: string,
  { options, format }: { readonly options: RunOptions; readonly format: string },
): { column: ColumnResult; events: EventResult[] } {
  if (format === "ftrace") {
    const traced = lab.trace(guest, column, options);
    return { column: traced.column, events: [...traced.events] };
  }
  const { left, rows } = lab.compare(guest, column, column, options);
  return { column: left, events: rows.flatMap((row) => (row.left === null ? [] : [row.left])) };
}

function traceText(events: readonly EventResult[], format: string): string {
  if (format === "ftrace") return ftraceText(events);
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
  if (column.outcome.dump !== undefined) environment.stderr(`${column.outcome.dump}\n`);
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

/** GDB has ended the run. */
const KILLED = 124;

/** What an image of the user's may run for: a bundled scenario is known to be short. */
const GENEROUS = 10e9;

function guestNamed(given: Arguments, lab: Lab): Guest {
  const kernel = lastValue(given, "kernel");
  if (kernel === undefined) return guestOf(given.positionals[0], lab);
  if (given.positionals.length > 0) throw new CommandError("run: -kernel and GUEST exclude each other");
  return imageAt(kernel);
}

/** Runs without a trace; serial output is told at once where it is what is asked for. Null when a debugger has killed the guest. */
async function runUntraced(
  lab: Lab,
  { given, environment }: { given: Arguments; environment: Environment },
  { guest, column, what, options }: { guest: Guest; column: string; what: string; options: RunOptions },
): Promise<DiffResult | null> {
  const restartsAfter: RunOptions["restartsAfter"] = hasFlag(given, "no-reboot") ? [] : ["reset"];
  const bounded = { ...("scenario" in guest ? {} : { maxInstructions: GENEROUS }), restartsAfter, ...options };
  const live = isLive(given);
  const port = gdbPortOf(given);
  const streams = guestStreams(given, environment, live ? "stdio" : "none");
  const work = () => lab.run(guest, column, bounded, streams);
  try {
    if (port === null) return live ? work() : await withProgress(environment, what, work);
    const stopped = hasFlag(given, "stopped");
    return await runUnderGdb(lab.debug(guest, column, bounded, streams), { port, stopped }, environment);
  } finally {
    streams.close();
  }
}

function isLive(given: Arguments): boolean {
  return !given.values.has("output") && (lastValue(given, "format") ?? "table") === "table";
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "run");
  const trace = lastValue(given, "trace");
  if (trace !== undefined && given.values.has("format"))
    throw new CommandError("run: --trace and --format exclude each other");
  if (trace !== undefined && given.values.has("gdb"))
    throw new CommandError("run: --trace and --gdb exclude each other");
  const output = outputFor(given, environment);
  const name = columnOf(given);
  const options = runOptionsOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const guest = guestNamed(given, lab);
  const what = `running ${"scenario" in guest ? guest.scenario : guest.name} on ${name}`;
  if (trace !== undefined) {
    const { column, events } = await withProgress(environment, what, () =>
      traceOf(lab, guest, name, { options, format: trace }),
    );
    output.write(traceText(events, trace));
    reportOutcome(column, environment);
    return exitCodeOf(column);
  }
  const result = await runUntraced(lab, { given, environment }, { guest, column: name, what, options });
  if (result === null) {
    environment.stderr(`${name}: killed by GDB\n`);
    return KILLED;
  }
  const column = result.columns[0]!;
  if (!isLive(given))
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
  options: [
    OPTIONS.onOne,
    OPTIONS.kernel,
    OPTIONS.noReboot,
    ...RUN_OPTIONS,
    OPTIONS.serial,
    OPTIONS.debugcon,
    OPTIONS.gdb,
    OPTIONS.stopped,
    OPTIONS.trace,
    OPTIONS.testFormat,
    OPTIONS.output,
  ],
  takesQemuFlags: true,
  notes: [
    "GUEST is a bundled scenario or the path of an image: multiboot 1 or 2 and PVH ELF files, Linux bzImages, and with --entry flat binaries. ./NAME is always a path.",
    "QEMU's usual flags are understood as well: -kernel, -append, -initrd, -smp, -m, -cpu, -serial, -debugcon, -device isa-debug-exit, -s, -S, -gdb, -no-reboot, and those that ask for nothing, such as -nographic; one that cannot be honoured is refused.",
    "A guest that resets the PC is booted again on metal, unless -no-reboot is given; a triple fault ends the run and says where.",
    "The guest's serial output goes to stdout as it is and as it comes, the outcome to stderr. An image that is not bundled runs for 10 G instructions at most, unless --max-instructions or --trace is given.",
    "Exit code: the low eight bits of what the guest wrote to the exit port 0xf4 (255 where they are zero and the code is not); 124 halted, in a loop, stopped at a bound or killed by GDB; 125 triple fault, shutdown or stopped by its L0; 126 an instruction that hvdiff does not implement; 2 trouble, then stderr starts with `hvdiff:`.",
    "Output of kvm-unit-tests, SoTest and XTF is understood: stderr then also says how many tests passed and failed, and a test that failed makes the exit code 1 where the guest's own would be 0. A suite that has said that it is done and then halts has ended regularly.",
  ],
  examples: [
    ["hvdiff run capabilities", "on metal"],
    ["hvdiff run guest.elf --on kvm@6.1", "your own image under KVM"],
    ["hvdiff run -kernel guest.elf -append 'a b' -smp 2 -m 1G", "as you would start it in QEMU"],
    ["hvdiff run boot.bin --entry 0x7c00 --mode 16", "a flat binary"],
    ["hvdiff run guest.elf -s -S", "standing still until GDB connects to port 1234"],
    ["hvdiff run xsaves-control --on kvm@6.1 --trace text", "what the guest could see, event by event"],
  ],
  run,
};
