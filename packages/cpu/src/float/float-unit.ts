import {
  DENORMALS_ARE_ZEROS,
  FLUSH_TO_ZERO,
  MASK_SHIFT,
  OVERFLOW,
  PRECISION,
  ROUND_NEAREST,
  ROUNDING_SHIFT,
  UNDERFLOW,
} from "./mxcsr.ts";

const PRECISION_KNOWN = PRECISION | (PRECISION << MASK_SHIFT);
/** No MXCSR has this value. */
const UNKNOWN = -1;

/**
 * Where floating-point operands are computed with. Values lie in one buffer with a view per width: a NaN must be moved as an integer,
 * since a JavaScript number need not keep its payload. Operations take slots, counted in elements of the operand's own width, write
 * the response to masked exceptions and leave the exceptions they found in `flags`, where those of several elements add up.
 */
export class FloatUnit {
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  /** Exceptions found, at their MXCSR positions. */
  flags = 0;
  rounding = ROUND_NEAREST;
  denormalsAreZeros = false;
  flushToZero = false;
  overflowMasked = true;
  underflowMasked = true;
  /** The precision exception is masked and its flag set already: nobody can see whether a result is exact. */
  precisionKnown = false;
  /** What the fields above were taken from. */
  private mxcsr = UNKNOWN;

  /** @param buffer memory of the slots */
  constructor(buffer: ArrayBuffer) {
    this.f64 = new Float64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u16 = new Uint16Array(buffer);
  }

  /** Takes over rounding and masks from MXCSR, and forgets the exceptions of what was computed before. */
  begin(mxcsr: number): void {
    this.flags = 0;
    if (mxcsr === this.mxcsr) return;
    this.mxcsr = mxcsr;
    this.rounding = (mxcsr >>> ROUNDING_SHIFT) & 3;
    this.denormalsAreZeros = (mxcsr & DENORMALS_ARE_ZEROS) !== 0;
    this.overflowMasked = (mxcsr & (OVERFLOW << MASK_SHIFT)) !== 0;
    this.underflowMasked = (mxcsr & (UNDERFLOW << MASK_SHIFT)) !== 0;
    this.flushToZero = (mxcsr & FLUSH_TO_ZERO) !== 0;
    this.precisionKnown = (mxcsr & PRECISION_KNOWN) === PRECISION_KNOWN;
  }

  /** Rounds as the instruction says, until the next `begin`. */
  roundAs(mode: number): void {
    this.mxcsr = UNKNOWN;
    this.rounding = mode;
  }

  /** Keeps tiny results whatever MXCSR says, until the next `begin`. */
  keepTinyResults(): void {
    this.mxcsr = UNKNOWN;
    this.flushToZero = false;
  }
}
