import { encodingOf } from "@hvdiff/spec";
import type { VmxOutcome } from "@hvdiff/vmx";
import { noteEnlightenedStale } from "./enlightened/enlightened-vmcs.ts";
import { F } from "./fields.ts";
import { skipInstruction } from "./guest-instructions.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const ARITHMETIC_FLAGS = 0x8d5;
const VM_INSTRUCTION_ERROR = encodingOf("vmInstructionError");
const CF = 1;
const ZF = 0x40;

/** Gives the level that runs the result of the VMX instruction that exited: flags and RIP, or a fault. */
export function completeVmx(vcpu: VmxVcpu, outcome: VmxOutcome): void {
  if (outcome.kind === "fault") {
    vcpu.state.owed = { vector: outcome.vector, errorCode: outcome.errorCode, low: 0, high: 0 };
    return;
  }
  const flags = vcpu.current.lo(F.guestRflags) & ~ARITHMETIC_FLAGS;
  const extra = outcome.kind === "failInvalid" ? CF : outcome.kind === "failValid" ? ZF : 0;
  vcpu.current.set(F.guestRflags, flags | extra, 0);
  if (outcome.kind === "failValid") {
    noteEnlightenedStale(vcpu);
    vcpu.shadow?.writeThrough(vcpu.environment.currentVmcs()!, VM_INSTRUCTION_ERROR, "VMfail");
  }
  skipInstruction(vcpu);
}
