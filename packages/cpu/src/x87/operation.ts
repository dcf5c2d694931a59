import { INDEFINITE, isDenormal, type Real } from "./real.ts";

/** Exception flags of the status word, which are also the masks of the control word. SDM 1 "x87 FPU Status Register". */
export const IE = 1;
export const DE = 1 << 1;
export const ZE = 1 << 2;
export const OE = 1 << 3;
export const UE = 1 << 4;
export const PE = 1 << 5;
/** Stack fault: tells stack overflow and underflow from other invalid operations. */
export const SF = 1 << 6;
/** Exceptions that are found before anything is computed; unmasked, they leave the operands alone. */
export const BEFORE_COMPUTATION = IE | DE | ZE;

/** Rounding modes, field RC of the control word. */
export const NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TRUNCATE = 3;

/** One operation under way: the control word it runs under and the exceptions it has found. */
export class Operation {
  /** Masked exceptions. */
  masks = 0;
  rounding = NEAREST;
  /** Exceptions found. */
  flags = 0;
  /** The result was rounded away from zero: becomes C1. */
  roundedUp = false;
  /** What the last rounding of a significand gave, see `rounding.ts`. */
  high = 0;
  low = 0;
  rest = 0;
  carry = 0;
  inexact = false;
  up = false;

  begin(control: number): this {
    this.masks = control & 0x3f;
    this.rounding = (control >>> 10) & 3;
    this.flags = 0;
    this.roundedUp = false;
    return this;
  }

  isMasked(flag: number): boolean {
    return (this.masks & flag) !== 0;
  }

  /** Whether an exception forbids the result. */
  get refused(): boolean {
    return (this.flags & ~this.masks & BEFORE_COMPUTATION) !== 0;
  }

  /** An invalid operation, which hides a denormal operand. */
  invalid(): Real {
    this.flags = (this.flags & ~DE) | IE;
    return INDEFINITE;
  }

  noteDenormals(a: Real, b: Real): void {
    if (isDenormal(a) || isDenormal(b)) this.flags |= DE;
  }
}
