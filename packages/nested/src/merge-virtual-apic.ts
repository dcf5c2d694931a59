import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { hostAddress, isGuestRam } from "./host-layout.ts";
import type { MergeContext } from "./merge-context.ts";

/** An address beyond every physical-address width: silicon refuses a VMCS with it. */
const REFUSED_ADDRESS = 0xffff_ffff_ffff_f000n;

/** The virtual-APIC page: L1's, at its host-physical address. */
export function mergeVirtualApic(m: MergeContext): void {
  const primary = m.v12.lo(F.primaryProcessorBasedControls);
  if ((primary & C.PROC_TPR_SHADOW) === 0) return;
  const page = Number(m.v12.read("virtualApicAddress"));
  if (isGuestRam(page, m.ram) || m.policy.unbackedVirtualApicPage === "as-silicon")
    m.v02.write("virtualApicAddress", BigInt(hostAddress(page, m.ram)));
  else if ((primary & C.PROC_CR8_LOAD) !== 0 && (primary & C.PROC_CR8_STORE) !== 0) dropTprShadow(m);
  else m.v02.write("virtualApicAddress", REFUSED_ADDRESS);
}

/** With all CR8 accesses exiting nothing of the TPR shadow is left to see. */
function dropTprShadow(m: MergeContext): void {
  m.v02.set(F.primaryProcessorBasedControls, m.v02.lo(F.primaryProcessorBasedControls) & ~C.PROC_TPR_SHADOW, 0);
}

/** The APIC-access page: silicon compares host-physical addresses. */
export function mergeApicAccess(m: MergeContext): void {
  const secondary = m.v02.lo(F.secondaryProcessorBasedControls);
  if ((secondary & C.PROC2_VIRTUALIZE_APIC) === 0) return;
  const page = Number(m.v12.read("apicAccessAddress"));
  if (isGuestRam(page, m.ram) || m.policy.unbackedApicAccessPage === "as-silicon")
    m.v02.write("apicAccessAddress", BigInt(hostAddress(page, m.ram)));
  else m.v02.set(F.secondaryProcessorBasedControls, secondary & ~C.PROC2_VIRTUALIZE_APIC, 0);
}
