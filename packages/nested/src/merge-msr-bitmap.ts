import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { hostAddress, isGuestRam, PAGE } from "./host-layout.ts";
import type { MergeContext } from "./merge-context.ts";

const WRITES = 0x800;
const HIGH_MSRS = 0x400;
const FIRST_HIGH = 0xc000_0000;
const X2APIC_FIRST = 0x800;
const X2APIC_BYTES = 0x20;
const TPR = 0x808;
const EOI = 0x80b;
const SELF_IPI = 0x83f;
const ALL_EXIT = new Uint8Array(PAGE).fill(0xff);

/** Where an MSR has its bit for reads. */
function bitOf(msr: number): number {
  return msr >= FIRST_HIGH ? HIGH_MSRS * 8 + msr - FIRST_HIGH : msr;
}

/** Which accesses to x2APIC registers silicon virtualizes (SDM 3C "Virtualizing MSR-Based APIC Accesses"). */
function virtualizesX2apic(m: MergeContext): boolean {
  const tprShadow = (m.v12.lo(F.primaryProcessorBasedControls) & C.PROC_TPR_SHADOW) !== 0;
  return tprShadow && (m.v02.lo(F.secondaryProcessorBasedControls) & C.PROC2_VIRTUALIZE_X2APIC) !== 0;
}

/** Makes the bitmap anew from L1's: everything exits but what L1 leaves to L2 and this L0 too. */
function makeBitmap(m: MergeContext, passedThrough: readonly number[]): void {
  const { memory, msrBitmap02 } = m;
  memory.writeBytes(msrBitmap02, ALL_EXIT);
  const page12 = Number(m.v12.read("msrBitmap"));
  // Without RAM there is nothing that leaves anything to L2.
  if (!isGuestRam(page12, m.ram)) return;
  const bitmap12 = hostAddress(page12, m.ram);
  const allow = (msr: number, direction: number) => {
    const bit = bitOf(msr);
    const at = direction + (bit >>> 3);
    const wanted = memory.read8(bitmap12 + at) | ~(1 << (bit & 7));
    memory.write8(msrBitmap02 + at, memory.read8(msrBitmap02 + at) & wanted & 0xff);
  };
  for (const msr of passedThrough) {
    allow(msr, 0);
    allow(msr, WRITES);
  }
  if (!virtualizesX2apic(m)) return;
  const secondary = m.v02.lo(F.secondaryProcessorBasedControls);
  allow(TPR, 0);
  allow(TPR, WRITES);
  if ((secondary & C.PROC2_APIC_REGISTERS) !== 0)
    for (let at = X2APIC_FIRST >>> 3; at < (X2APIC_FIRST >>> 3) + X2APIC_BYTES; at++)
      memory.write8(msrBitmap02 + at, memory.read8(bitmap12 + at));
  if ((secondary & C.PROC2_VIRTUAL_INTERRUPTS) !== 0) {
    allow(EOI, WRITES);
    allow(SELF_IPI, WRITES);
  }
}

/**
 * The MSR bitmap of vmcs02. Where no access needs to be let through there is none: every MSR access of L2 exits to L0, which looks at L1's
 * bitmap.
 */
export function mergeMsrBitmap(m: MergeContext): void {
  const { passedThrough, isKept } = m.msrBitmap;
  const isAsked = (m.v12.lo(F.primaryProcessorBasedControls) & C.PROC_MSR_BITMAPS) !== 0;
  if (!isAsked || (passedThrough.length === 0 && !virtualizesX2apic(m))) return;
  if (!isKept) makeBitmap(m, passedThrough);
  m.v02.write("msrBitmap", BigInt(m.msrBitmap02));
  m.v02.set(F.primaryProcessorBasedControls, m.v02.lo(F.primaryProcessorBasedControls) | C.PROC_MSR_BITMAPS, 0);
}
