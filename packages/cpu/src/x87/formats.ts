import { BIAS } from "./real.ts";

/** What a result is rounded to. Exponents are biased as those of `Real`. */
export interface Format {
  /** Bits of the significand. */
  readonly precision: 24 | 53 | 64;
  readonly minExponent: number;
  readonly maxExponent: number;
}

const EXTENDED_RANGE = { minExponent: 1, maxExponent: 0x7ffe } as const;

/** A double extended-precision result whatever the precision control says. */
export const EXTENDED: Format = { precision: 64, ...EXTENDED_RANGE };
/** Single precision in memory. */
export const SINGLE: Format = { precision: 24, minExponent: BIAS - 126, maxExponent: BIAS + 127 };
/** Double precision in memory. */
export const DOUBLE: Format = { precision: 53, minExponent: BIAS - 1022, maxExponent: BIAS + 1023 };

/** By field PC of the control word: the precision is reduced, the range of exponents is not. 1 is reserved. */
const CONTROLLED: readonly Format[] = [
  { precision: 24, ...EXTENDED_RANGE },
  EXTENDED,
  { precision: 53, ...EXTENDED_RANGE },
  EXTENDED,
];

/** The format that precision control asks for (SDM 1 "Precision Control Field"). */
export function controlledFormat(control: number): Format {
  return CONTROLLED[(control >>> 8) & 3]!;
}
