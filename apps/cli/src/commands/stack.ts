import type { DiffResult } from "@hvdiff/lab";
import { type Arguments, hasFlag, lastValue, listValues } from "../arguments.ts";
import { type Command, EXIT } from "../command.ts";
import { CommandError } from "../command-error.ts";
import type { Environment } from "../environment.ts";
import { copiesTable } from "../format/copies-table.ts";
import { diffTable } from "../format/diff-table.ts";
import { toJson } from "../format/json.ts";
import { stackTable } from "../format/stack-table.ts";
import { guestOf } from "../guest-argument.ts";
import { OPTIONS, RUN_OPTIONS } from "../options.ts";
import { outputFor } from "../output.ts";
import { atMost } from "../positionals.ts";
import { withProgress } from "../progress.ts";
import { parseCount } from "../quantities.ts";
import { engineOf, runOptionsOf } from "../run-options.ts";

function levelsOf(given: Arguments, least: number): readonly string[] {
  const levels = listValues(given, "levels");
  if (levels.length < least)
    throw new CommandError("stack: --levels takes two hypervisors or more, the lowest first: --levels kvm@6.1,kvm@6.1");
  return levels;
}

async function run(given: Arguments, environment: Environment): Promise<number> {
  atMost(given, 1, "stack");
  const output = outputFor(given, environment);
  const number = lastValue(given, "copies");
  const levels = levelsOf(given, number === undefined ? 2 : 1);
  const options = runOptionsOf(given);
  const lab = await environment.createLab(engineOf(given, environment));
  const guest = guestOf(given.positionals[0], lab);
  const look = { ...output, all: hasFlag(given, "all") };
  if (number !== undefined) {
    const exit = parseCount("copies", number);
    const copies = lab.exitCopies(guest, levels.join("//"), exit, options);
    output.write(lastValue(given, "format") === "json" ? toJson(copies) : copiesTable(copies, look));
    return EXIT.same;
  }
  const result: DiffResult = await withProgress(environment, `running ${levels.length} hypervisors`, () =>
    lab.diff(guest, ["metal", levels.join("//")], options),
  );
  output.write(
    lastValue(given, "format") === "json"
      ? toJson(result)
      : `${diffTable(result, look)}\n${stackTable(levels, result.columns[1]!.counters, look)}`,
  );
  return result.different ? EXIT.different : EXIT.same;
}

/** `hvdiff stack`. */
export const stack: Command = {
  name: "stack",
  summary: "Run a guest under hypervisors on each other, and count what they do",
  usage: "GUEST --levels COLUMN,COLUMN[,COLUMN…]",
  options: [
    OPTIONS.levels,
    OPTIONS.copies,
    ...RUN_OPTIONS.filter(({ name }) => name !== "schedule" && name !== "smp"),
    OPTIONS.all,
    OPTIONS.exploreFormat,
    OPTIONS.output,
  ],
  notes: [
    "The first hypervisor runs on the silicon; each other one runs as the guest of the one before it, on the processor that it offers: its VMREADs, VMWRITEs and VM entries are real instructions there. The last one runs GUEST, which is compared with metal.",
    "A stack is a column as well, its hypervisors joined by //: `hvdiff diff GUEST --on metal,kvm@6.1//kvm@6.1`.",
    "One processor; VMX only. No schedule, no search, no debugger.",
    "Exit code: 0 the guest sees what it sees on metal, 1 it does not, 2 trouble.",
  ],
  examples: [
    ["hvdiff stack plain-cpuid --levels kvm@4.20,kvm@4.20,kvm@4.20 --copies 50", "what one exit of L3 makes be copied"],
    ["hvdiff stack xsaves-control --levels kvm@6.1,kvm@6.1", "KVM on KVM"],
    ["hvdiff stack guest.elf --levels ideal,ideal,ideal", "what three levels cost by themselves"],
  ],
  run,
};
