/** Exception flags of MXCSR and masks at `MASK_SHIFT` above them (SDM 1 "MXCSR Control and Status Register"). */
export const INVALID = 1;
export const DENORMAL = 2;
export const DIVIDE_BY_ZERO = 4;
export const OVERFLOW = 8;
export const UNDERFLOW = 0x10;
export const PRECISION = 0x20;
export const MASK_SHIFT = 7;
export const DENORMALS_ARE_ZEROS = 0x40;
export const FLUSH_TO_ZERO = 0x8000;
export const ROUNDING_SHIFT = 13;

/** Exceptions that are found before anything is computed; the others need a result. */
export const PRE_COMPUTATION = INVALID | DENORMAL | DIVIDE_BY_ZERO;

/** Rounding control (SDM 1 "Rounding Control Field"). */
export const ROUND_NEAREST = 0;
export const ROUND_DOWN = 1;
export const ROUND_UP = 2;
export const ROUND_TRUNCATE = 3;
