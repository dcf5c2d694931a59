import { disassemble } from "@hvdiff/cpu";
import type { Machine, TraceEvent } from "@hvdiff/machine";
import { guestCode } from "@hvdiff/nested";
import { hex } from "@hvdiff/spec";
import type { Guest, RunOptions } from "./api.ts";
import { refuseStack } from "./resolve.ts";
import { type CodePlace, type CodeResult, SCHEMA_VERSION } from "./results.ts";
import { runMachine } from "./run.ts";
import { guestImage, Session } from "./session.ts";

/** Events that an instruction of the guest at RIP made. Others come from outside, or change who runs. */
const OF_INSTRUCTIONS: ReadonlySet<string> = new Set([
  "serial",
  "cpuid",
  "rdmsr",
  "wrmsr",
  "vmx",
  "vmread",
  "vmwrite",
  "exception",
]);

/** Places of code, each kept once. */
class Places {
  readonly list: CodePlace[] = [];
  private readonly known = new Map<string, number>();

  /** Position of the place where the processor's guest is; -1 where nothing can be seen. */
  at(machine: Machine, vcpu: number): number {
    const code = guestCode(machine, vcpu);
    if (code === null) return -1;
    const read = disassemble(code.bytes, code.bits, code.rip);
    const bytes = [...code.bytes.subarray(0, read?.length ?? code.bytes.length)]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ");
    const place: CodePlace = { rip: hex(code.rip), bytes, text: read?.text ?? "(no instruction)" };
    const key = `${place.rip} ${bytes} ${code.bits}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.list.length);
    this.list.push(place);
    return this.list.length - 1;
  }
}

/** Runs a guest in a column and tells which instruction each guest-visible event came from. Errors: `UsageError`. */
export function code(guest: Guest, column: string, options: RunOptions): CodeResult {
  const session = new Session(guestImage(guest), options);
  const resolved = session.column(column);
  refuseStack(resolved, "does not show the instructions of its guests");
  const machine = session.machine(resolved);
  const places = new Places();
  const seen = new WeakMap<TraceEvent, number>();
  machine.trace.onlooker = (event) => {
    if (OF_INSTRUCTIONS.has(event.kind)) seen.set(event, places.at(machine, event.vcpu));
  };
  const { events } = runMachine(machine);
  return {
    schemaVersion: SCHEMA_VERSION,
    cpu: session.silicon.id,
    guest: { id: session.image.id, title: session.image.title },
    column: resolved.text,
    places: places.list,
    events: events.map((event) => seen.get(event) ?? -1),
  };
}
