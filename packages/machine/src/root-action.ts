import type { Processor } from "@hvdiff/cpu";
import type { VmxOutcome } from "@hvdiff/vmx";
import type { Machine } from "./machine.ts";
import type { RootAction, RootEvent } from "./root-client.ts";

const EXIT: RootEvent = { kind: "exit" };

/** Does what a root-mode client wants next. Returns what it is to be told then. */
export function performAction(machine: Machine, processor: Processor, action: RootAction): RootEvent {
  switch (action.kind) {
    case "stop":
      machine.outcome = action.outcome;
      return EXIT;
    case "step":
      return { kind: "step" };
    case "block":
      return block(machine, processor);
    case "run":
      machine.svm[processor.index]!.run(action.vmcb, action.level);
      return EXIT;
    case "enter":
      return enter(machine, processor, action.resume);
  }
}

function block(machine: Machine, processor: Processor): RootEvent {
  const until = Math.min(machine.client!.deadline(processor.index), machine.choices.tickOf(processor));
  if (until === Number.POSITIVE_INFINITY) machine.outcome = { kind: "halted", where: machine.where() };
  else processor.retired = Math.max(processor.retired, until);
  return { kind: "wake" };
}

function enter(machine: Machine, processor: Processor, resume: boolean): RootEvent {
  const vmx = machine.vmx[processor.index]!;
  const result: VmxOutcome = resume ? vmx.vmresume() : vmx.vmlaunch();
  // A failed guest-state check is a VM exit in form: the processor is in root mode and the exit reason says so.
  if (result.kind === "failValid") return { kind: "entry-failed", error: result.error };
  return result.kind === "failInvalid" ? { kind: "entry-failed", error: 0 } : EXIT;
}
