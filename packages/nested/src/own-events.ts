import { STATE } from "@hvdiff/cpu";
import { EXIT_REASONS, exitReasonName, hex } from "@hvdiff/spec";
import type { VmcsView } from "@hvdiff/vmx";
import { F } from "./fields.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * What L0 does, as it could tell itself: events of level 0, which no guest can notice. Kept only where somebody has asked for them.
 */

const VALID = 1 << 31;
const TYPE = 0x700;
const { MSR_READ, MSR_WRITE, CR_ACCESS } = EXIT_REASONS;

function nameOf(basic: number): string {
  return exitReasonName(basic) ?? `${basic}`;
}

function describeExit(v: VmcsView, basic: number): Record<string, string | number> {
  return {
    reason: nameOf(basic),
    rip: hex(v.read("guestRip")),
    info1: hex(v.read("exitQualification")),
    info2: hex(v.read("idtVectoringInformation")),
    interruption: hex(BigInt(v.lo(F.vmExitInterruptionInformation) >>> 0)),
    errorCode: hex(BigInt(v.lo(F.vmExitInterruptionErrorCode) >>> 0)),
  };
}

/** Silicon has left its guest. */
export function noteExit(vcpu: VmxVcpu, basic: number): void {
  vcpu.ownSink?.event("l0-exit", { from: vcpu.level, ...describeExit(vcpu.current, basic) });
  if (vcpu.history === null) return;
  vcpu.history.note({ way: "processor.exit", by: nameOf(basic) }, vcpu.state.guestMode ? "vmcs02" : "vmcs01");
  vcpu.history.note({ way: "guest.stores" });
}

/** Silicon is about to enter its guest. An event that L1 has asked for itself is not L0's. */
export function noteEntry(vcpu: VmxVcpu): void {
  vcpu.history?.note({ way: "l0.events" });
  if (vcpu.ownSink === null) return;
  const information = vcpu.current.lo(F.vmEntryInterruptionInformation);
  if ((information & VALID) !== 0 && (information & TYPE) === 0 && !vcpu.state.runPending)
    vcpu.ownSink.event("l0-inject", { vector: information & 0xff, into: vcpu.level });
  vcpu.ownSink.event("l0-entry", { into: vcpu.level, rip: hex(vcpu.current.read("guestRip")) });
}

/** L1 is told of an exit of L2. */
export function noteReflected(vcpu: VmxVcpu, v12: VmcsView): void {
  if (vcpu.ownSink !== null) vcpu.ownSink.event("l0-reflect", describeExit(v12, v12.lo(F.exitReason) & 0xffff));
}

/** An instruction that L0 has done for its guest. */
export function noteInstruction(vcpu: VmxVcpu, basic: number): void {
  const { ownSink, silicon } = vcpu;
  vcpu.history?.note({ way: "l0.instruction", by: nameOf(basic) });
  if (ownSink === null) return;
  const { s } = silicon;
  if (basic === MSR_READ.number || basic === MSR_WRITE.number)
    ownSink.event("l0-msr", {
      access: basic === MSR_READ.number ? "read" : "write",
      msr: hex(BigInt(s[STATE.GPR + 2]! >>> 0)),
      value: hex((BigInt(s[STATE.GPR + 4]! >>> 0) << 32n) | BigInt(s[STATE.GPR]! >>> 0)),
    });
  if (basic === CR_ACCESS.number) noteControlRegister(vcpu);
}

function noteControlRegister(vcpu: VmxVcpu): void {
  const qualification = vcpu.current.lo(F.exitQualification);
  const kind = (qualification >>> 4) & 3;
  if (kind > 1) return;
  vcpu.ownSink!.event("l0-cr", {
    access: kind === 0 ? "write" : "read",
    register: qualification & 15,
    value: hex(vcpu.silicon.gpr((qualification >>> 8) & 15)),
  });
}
