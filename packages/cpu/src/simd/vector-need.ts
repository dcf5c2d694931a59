import type { Processor } from "../processor.ts";
import { CR0, CR4, X87_STATE, XCR0 } from "../state-layout.ts";
import { CR0_EM, CR0_NE, CR0_TS, CR4_OSFXSR, CR4_OSXSAVE } from "../system/control-bits.ts";
import { MF, NM, UD } from "../system/exceptions.ts";

const SSE_AND_AVX = 6;
/** FSW.ES in the word that holds FCW and FSW. */
const ERROR_SUMMARY = 0x80 << 16;

/** What of the processor's state lets vector instructions of an encoding run, as masks that `isReady` compares. */
export interface VectorNeed {
  /** Bits of CR0 that must be clear. */
  readonly cr0: number;
  /** Bits of CR4 and XCR0 that must be set. */
  readonly cr4: number;
  readonly xcr0: number;
  /** Bits of the x87 status that must be clear. */
  readonly status: number;
}

/** An instruction's registers: MMX, SSE, both, or any under a VEX prefix. */
export type VectorEncoding = "mmx" | "sse" | "sse-mmx" | "vex";

const NOT_EMULATED = CR0_EM | CR0_TS;

/** SDM 2A "Exceptions Type 1" to "Exceptions Type 8", and 3A "MMX Technology System Programming". */
export const VECTOR_NEEDS: Readonly<Record<VectorEncoding, VectorNeed>> = {
  mmx: { cr0: NOT_EMULATED, cr4: 0, xcr0: 0, status: ERROR_SUMMARY },
  sse: { cr0: NOT_EMULATED, cr4: CR4_OSFXSR, xcr0: 0, status: 0 },
  "sse-mmx": { cr0: NOT_EMULATED, cr4: CR4_OSFXSR, xcr0: 0, status: ERROR_SUMMARY },
  vex: { cr0: CR0_TS, cr4: CR4_OSXSAVE, xcr0: SSE_AND_AVX, status: 0 },
};

/** Whether the instruction may run. If not, #UD, #NM or #MF is pending. */
export function isReady(c: Processor, need: VectorNeed): boolean {
  const s = c.s;
  if (
    (s[CR0]! & need.cr0) === 0 &&
    (s[CR4]! & need.cr4) === need.cr4 &&
    (s[XCR0]! & need.xcr0) === need.xcr0 &&
    (s[X87_STATE]! & need.status) === 0
  )
    return true;
  refuse(c, need);
  return false;
}

function isUndefined(c: Processor, need: VectorNeed): boolean {
  const s = c.s;
  return (
    (s[CR0]! & need.cr0 & CR0_EM) !== 0 || (s[CR4]! & need.cr4) !== need.cr4 || (s[XCR0]! & need.xcr0) !== need.xcr0
  );
}

/** An x87 exception is pending, which MMX instructions report. */
function reportPending(c: Processor): void {
  if ((c.s[CR0]! & CR0_NE) !== 0) c.raise(MF);
  else c.stopUnimplemented("reporting an x87 exception by FERR# and IRQ 13 (CR0.NE = 0)", new Uint8Array());
}

/** Raises what has the highest priority. */
function refuse(c: Processor, need: VectorNeed): void {
  if (isUndefined(c, need)) c.raise(UD);
  else if ((c.s[CR0]! & CR0_TS) !== 0) c.raise(NM);
  else reportPending(c);
}
