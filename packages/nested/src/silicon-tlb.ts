import type { VmxVcpu } from "./vmx-vcpu.ts";

/** Tags of L1's and L2's translations in silicon's TLB. */
export const VPID_L1 = 1;
export const VPID_L2 = 2;

const SINGLE_CONTEXT = 1;
const ALL_CONTEXT = 2;

/** INVVPID, single context: silicon forgets the linear translations of L1 or L2. */
export function forgetVpid(vcpu: VmxVcpu, vpid: number): void {
  vcpu.l0.count(vpid === VPID_L1 ? "flushes.vpid.l1" : "flushes.vpid.l2");
  vcpu.vmx.invvpid({
    typeLow: SINGLE_CONTEXT,
    typeHigh: 0,
    descriptorLow: vpid,
    descriptorHigh: 0,
    linearLow: 0,
    linearHigh: 0,
  });
}

/** INVEPT, all contexts: silicon forgets what it knows of L0's tables. */
export function forgetEpt(vcpu: VmxVcpu): void {
  vcpu.l0.count("flushes.ept");
  vcpu.vmx.invept({ typeLow: ALL_CONTEXT, typeHigh: 0, eptpLow: 0, eptpHigh: 0 });
}
