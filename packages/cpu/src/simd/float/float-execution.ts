import { isOrdinary32 } from "../../float/binary32.ts";
import { isOrdinary64 } from "../../float/binary64.ts";
import { FloatUnit } from "../../float/float-unit.ts";
import { MASK_SHIFT, PRE_COMPUTATION } from "../../float/mxcsr.ts";
import type { Processor } from "../../processor.ts";
import { CR4 } from "../../state-layout.ts";
import { CR4_OSXMMEXCPT } from "../../system/control-bits.ts";
import { UD, XM } from "../../system/exceptions.ts";
import { MXCSR_WORD } from "../../system/xsave-components.ts";
import { LANES_BUFFER, LANES_BYTES, type Lanes } from "../lanes.ts";

const EXCEPTIONS = 0x3f;

/** Computes on the lanes of the instruction that is being executed; it carries nothing over to the next one. */
export const unit = new FloatUnit(LANES_BUFFER);

/** Bytes of an element: binary32 or a 32-bit integer, binary64 or a 64-bit integer. */
export type ElementBytes = 4 | 8;

/** First slots of the lanes A, B, C and R, and of the room behind them, counted in elements. */
export interface Slots {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly r: number;
  readonly spare: number;
}

function slotsOf(size: number): Slots {
  const step = LANES_BYTES / size;
  return { a: 0, b: step, c: 2 * step, r: 3 * step, spare: 4 * step };
}

export const SLOTS: Readonly<Record<2 | ElementBytes, Slots>> = { 2: slotsOf(2), 4: slotsOf(4), 8: slotsOf(8) };

/** The lowest element of lanes, of which a NaN may not keep its payload. */
export function elementOf(size: ElementBytes, lanes: Lanes): number {
  return size === 8 ? lanes.f64[0]! : lanes.f32[0]!;
}

/** Whether an element is zero or a normal number. */
export function isOrdinary(size: ElementBytes, a: number): boolean {
  return size === 8 ? isOrdinary64(a) : isOrdinary32(a);
}

/** Prepares the unit for an instruction. */
export function beginFloat(c: Processor): void {
  unit.begin(c.s[MXCSR_WORD]!);
}

/**
 * Takes the exceptions of all elements into MXCSR. False if one of them is unmasked: it is pending then, and nothing may be written. If
 * it is one that is found before anything is computed, the others have not happened (SDM 1 "SIMD Floating-Point Exceptions").
 */
export function settleFloat(c: Processor): boolean {
  return unit.flags === 0 || settleFlags(c, unit.flags);
}

function settleFlags(c: Processor, found: number): boolean {
  const mxcsr = c.s[MXCSR_WORD]!;
  const unmasked = found & ~(mxcsr >>> MASK_SHIFT) & EXCEPTIONS;
  const noted = (unmasked & PRE_COMPUTATION) === 0 ? found : found & PRE_COMPUTATION;
  c.s[MXCSR_WORD] = mxcsr | noted;
  if (unmasked === 0) return true;
  c.raise((c.s[CR4]! & CR4_OSXMMEXCPT) === 0 ? UD : XM);
  return false;
}
