import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { hostAddress, isGuestRam, PAGE } from "./host-layout.ts";
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

const WRITES = 0x800;
const X2APIC_FIRST = 0x800;
const X2APIC_BYTES = 0x20;
const TPR = 0x808;
const EOI = 0x80b;
const SELF_IPI = 0x83f;
const ALL_EXIT = new Uint8Array(PAGE).fill(0xff);

/**
 * Without x2APIC virtualization every MSR access exits to L0, which looks at L1's bitmap. With it, accesses that L1 does not want to see
 * and that silicon virtualizes must not exit (SDM 3C "Virtualizing MSR-Based APIC Accesses").
 */
export function mergeMsrBitmap(m: MergeContext): void {
  const both = C.PROC_TPR_SHADOW | C.PROC_MSR_BITMAPS;
  const primary = m.v12.lo(F.primaryProcessorBasedControls);
  const secondary = m.v02.lo(F.secondaryProcessorBasedControls);
  if ((secondary & C.PROC2_VIRTUALIZE_X2APIC) === 0 || (primary & both) !== both) return;
  const { memory, msrBitmap02 } = m;
  memory.writeBytes(msrBitmap02, ALL_EXIT);
  const bitmap12 = hostAddress(Number(m.v12.read("msrBitmap")), m.ram);
  const allow = (msr: number, direction: number) => {
    const at = direction + (msr >>> 3);
    const wanted = memory.read8(bitmap12 + at) | ~(1 << (msr & 7));
    memory.write8(msrBitmap02 + at, memory.read8(msrBitmap02 + at) & wanted & 0xff);
  };
  allow(TPR, 0);
  allow(TPR, WRITES);
  if ((secondary & C.PROC2_APIC_REGISTERS) !== 0)
    for (let at = X2APIC_FIRST >>> 3; at < (X2APIC_FIRST >>> 3) + X2APIC_BYTES; at++)
      memory.write8(msrBitmap02 + at, memory.read8(bitmap12 + at));
  if ((secondary & C.PROC2_VIRTUAL_INTERRUPTS) !== 0) {
    allow(EOI, WRITES);
    allow(SELF_IPI, WRITES);
  }
  m.v02.write("msrBitmap", BigInt(msrBitmap02));
  m.v02.set(F.primaryProcessorBasedControls, m.v02.lo(F.primaryProcessorBasedControls) | C.PROC_MSR_BITMAPS, 0);
}
