import { STATE } from "@hvdiff/cpu";
import { skipInstruction } from "../guest-instructions.ts";
import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";
import { enlightenedPolicyOf } from "../policy.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import type { Halves } from "./enlightened-state.ts";

/** Synthetic MSRs (Hypervisor Top-Level Functional Specification, "Synthetic MSRs"). */
const GUEST_OS_ID = 0x4000_0000;
const HYPERCALL = 0x4000_0001;
const VP_INDEX = 0x4000_0002;
export const VP_ASSIST_PAGE = 0x4000_0073;

const ENABLE = 1;
/** VMCALL and RET, what a hypercall page holds. */
const HYPERCALL_CODE = [0x0f, 0x01, 0xc1, 0xc3];
const GENERAL_PROTECTION = 13;
const RAX = STATE.GPR;
const RCX = STATE.GPR + 2;
const RDX = STATE.GPR + 4;

/** The page that such an MSR names: host-physical, or -1 where it is off or names no RAM. */
export function pageOf(vcpu: VmxVcpu, msr: Halves): number {
  if ((msr.lo & ENABLE) === 0) return -1;
  const address = ((msr.lo & ~(PAGE - 1)) >>> 0) + (msr.hi >>> 0) * 4294967296;
  const { ram } = vcpu.l0.options;
  return isGuestRam(address, ram) ? hostAddress(address, ram) : -1;
}

function read(vcpu: VmxVcpu, msr: number): Halves | null {
  const { guestOs, hypercall, assist } = vcpu.state.enlightened;
  if (msr === GUEST_OS_ID) return guestOs;
  if (msr === HYPERCALL) return hypercall;
  if (msr === VP_INDEX) return { lo: vcpu.index, hi: 0 };
  return msr === VP_ASSIST_PAGE ? assist : null;
}

function writeHypercall(vcpu: VmxVcpu, value: Halves): void {
  const { enlightened } = vcpu.state;
  // Who has not said what it is has no hypercalls.
  const isKnown = (enlightened.guestOs.lo | enlightened.guestOs.hi) !== 0;
  enlightened.hypercall = isKnown ? value : { lo: value.lo & ~ENABLE, hi: value.hi };
  const page = pageOf(vcpu, enlightened.hypercall);
  if (page >= 0) vcpu.l0.machine.memory.writeBytes(page, Uint8Array.from(HYPERCALL_CODE));
}

function write(vcpu: VmxVcpu, msr: number, value: Halves): boolean {
  const { enlightened } = vcpu.state;
  if (msr === GUEST_OS_ID) enlightened.guestOs = value;
  else if (msr === HYPERCALL) writeHypercall(vcpu, value);
  else if (msr === VP_ASSIST_PAGE) enlightened.assist = value;
  else return false;
  return true;
}

function trace(vcpu: VmxVcpu, kind: "rdmsr" | "wrmsr", msr: number, { lo, hi }: Halves, faults: boolean): void {
  const value = `0x${((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)).toString(16)}`;
  vcpu.sink?.event(kind, { msr: `0x${msr.toString(16)}`, value, ...(faults ? { fault: "#GP" } : {}) });
}

/** RDMSR or WRMSR of a synthetic MSR by the guest. False where the MSR is none, or L1 is offered none. */
export function accessSyntheticMsr(vcpu: VmxVcpu, writes: boolean): boolean {
  if (!enlightenedPolicyOf(vcpu.l0.options.policy).offered) return false;
  const { s } = vcpu.silicon;
  const msr = s[RCX]! >>> 0;
  const now = read(vcpu, msr);
  if (now === null) return false;
  const value = writes ? { lo: s[RAX]!, hi: s[RDX]! } : now;
  const accepted = !writes || write(vcpu, msr, value);
  trace(vcpu, writes ? "wrmsr" : "rdmsr", msr, value, !accepted);
  if (!accepted) {
    vcpu.state.owed = { vector: GENERAL_PROTECTION, errorCode: 0, low: 0, high: 0 };
    return true;
  }
  if (!writes) {
    s[RAX] = value.lo;
    s[RAX + 1] = 0;
    s[RDX] = value.hi;
    s[RDX + 1] = 0;
  }
  skipInstruction(vcpu);
  return true;
}
