import { STATE } from "@hvdiff/cpu";
import { u64 } from "@hvdiff/spec";
import { afterMessage } from "./enlightened/connections.ts";
import { REFERENCE_TIME_MSRS } from "./enlightened/reference-time.ts";
import { createSynicMsrs } from "./enlightened/synic.ts";
import { SYNTHETIC_MSRS } from "./enlightened/synthetic-msrs.ts";
import { TIMER_MSRS } from "./enlightened/synthetic-timers.ts";
import { skipInstruction } from "./guest-instructions.ts";
import { CLOCK_MSRS } from "./paravirtual-clock.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** MSRs that an L0 has beside those of the processor which L1 is shown. */
export interface OfferedMsrs {
  /** What RDMSR gives; null where the MSR is none of these. */
  read(vcpu: VmxVcpu, msr: number): bigint | null;
  /** WRMSR of one of these by L1, or by userspace for it; false where that is #GP. */
  write(vcpu: VmxVcpu, msr: number, value: bigint, isByUserspace: boolean): boolean;
}

const OFFERED: readonly OfferedMsrs[] = [
  SYNTHETIC_MSRS,
  createSynicMsrs(afterMessage),
  TIMER_MSRS,
  REFERENCE_TIME_MSRS,
  CLOCK_MSRS,
];
const GENERAL_PROTECTION = 13;
const RAX = STATE.GPR;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;
const LOW = 0xffff_ffffn;

/** What RDMSR of such an MSR gives; null where the MSR is none. */
export function readOfferedMsr(vcpu: VmxVcpu, msr: number): bigint | null {
  for (const offered of OFFERED) {
    const value = offered.read(vcpu, msr);
    if (value !== null) return value;
  }
  return null;
}

/** WRMSR of such an MSR by L1, or by userspace for it: whether it is accepted; null where the MSR is none. */
export function writeOfferedMsr(vcpu: VmxVcpu, msr: number, value: bigint, isByUserspace = false): boolean | null {
  return OFFERED.find((offered) => offered.read(vcpu, msr) !== null)?.write(vcpu, msr, value, isByUserspace) ?? null;
}

/** RDMSR or WRMSR by the guest. False where the MSR is none of these. */
export function accessOfferedMsr(vcpu: VmxVcpu, writes: boolean): boolean {
  const { silicon } = vcpu;
  const msr = silicon.s[RCX]! >>> 0;
  const value = writes ? u64(silicon.s[RAX]!, silicon.s[RDX]!) : readOfferedMsr(vcpu, msr);
  const accepted = writes ? writeOfferedMsr(vcpu, msr, value!) : true;
  if (value === null || accepted === null) return false;
  const told = { msr: `0x${msr.toString(16)}`, value: `0x${value.toString(16)}` };
  vcpu.sink?.event(writes ? "wrmsr" : "rdmsr", accepted ? told : { ...told, fault: "#GP" });
  if (!accepted) {
    vcpu.state.owed = { vector: GENERAL_PROTECTION, errorCode: 0, low: 0, high: 0 };
    return true;
  }
  if (!writes) {
    silicon.set64(RAX, value & LOW);
    silicon.set64(RDX, value >> 32n);
  }
  skipInstruction(vcpu);
  return true;
}
