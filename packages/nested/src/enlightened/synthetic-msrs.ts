import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";
import type { OfferedMsrs } from "../offered-msrs.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";

/** Synthetic MSRs (Hypervisor Top-Level Functional Specification, "Synthetic MSRs"). */
export const GUEST_OS_ID = 0x4000_0000;
const HYPERCALL = 0x4000_0001;
const VP_INDEX = 0x4000_0002;
/** Where a virtual processor's assist page lies, and whether there is one. */
export const VP_ASSIST_PAGE = 0x4000_0073;

const ENABLE = 1n;
/** VMCALL and RET, what a hypercall page holds. */
const HYPERCALL_CODE = [0x0f, 0x01, 0xc1, 0xc3];

/** The page that such an MSR names: host-physical, or -1 where it is off or names no RAM. */
export function pageOf(vcpu: VmxVcpu, msr: bigint): number {
  if ((msr & ENABLE) === 0n) return -1;
  const address = Number(msr - (msr % BigInt(PAGE)));
  const { ram } = vcpu.l0.options;
  return isGuestRam(address, ram) ? hostAddress(address, ram) : -1;
}

function read(vcpu: VmxVcpu, msr: number): bigint | null {
  const { offered, hypercalls } = vcpu.l0.options.policy.enlightened;
  if (!offered && !hypercalls) return null;
  const { guestOs, hypercall } = vcpu.l0.state.synthetic;
  if (msr === GUEST_OS_ID) return guestOs;
  if (msr === HYPERCALL) return hypercall;
  if (msr === VP_INDEX) return BigInt(vcpu.index);
  return msr === VP_ASSIST_PAGE ? vcpu.state.enlightened.assist : null;
}

function writeHypercall(vcpu: VmxVcpu, value: bigint): void {
  const { synthetic } = vcpu.l0.state;
  // Who has not said what it is has no hypercalls.
  synthetic.hypercall = synthetic.guestOs !== 0n ? value : value & ~ENABLE;
  const page = pageOf(vcpu, synthetic.hypercall);
  if (page >= 0) vcpu.l0.machine.memory.writeBytes(page, Uint8Array.from(HYPERCALL_CODE));
}

function write(vcpu: VmxVcpu, msr: number, value: bigint): boolean {
  if (msr === GUEST_OS_ID) vcpu.l0.state.synthetic.guestOs = value;
  else if (msr === HYPERCALL) writeHypercall(vcpu, value);
  else if (msr === VP_ASSIST_PAGE) vcpu.state.enlightened.assist = value;
  else return false;
  return true;
}

/** The MSRs of the enlightened interface, where L1 is offered it. */
export const SYNTHETIC_MSRS: OfferedMsrs = { read, write };
