import { FRACTION_BITS, integerExponent, magnitudeOf, roundMagnitude, series, times, UNIT } from "./fixed-point.ts";
import { nanResult } from "./nan.ts";
import type { Operation } from "./operation.ts";
import { BIAS, isInfinity, isNormal, isZero, normalized, ONE, type Real, significand, zero } from "./real.ts";

/** pi x 2^66 as the x87 knows it: arguments are reduced by its 66 bits (SDM 1 "Approximation of Pi"). */
const PI_66 = 0xc90fdaa22168c234cn;
const HALF_PI_SCALE = 67;
/** Operands from 2^63 on are not reduced. */
const RANGE_EXPONENT = BIAS + 63;
const SMALL_EXPONENT = BIAS - 1;
/** Angles of this scale are too small for their squares to be seen. */
const TINY_SCALE = 250;

/** An angle less a multiple of a quarter turn: at most an eighth of one, rest x 2^-scale. */
interface Angle {
  readonly rest: bigint;
  readonly scale: number;
  readonly quarters: number;
}

/** Whether FSIN and its like reduce the operand; if not, they set C2 and leave it. */
export function isOutOfRange(a: Real): boolean {
  return isNormal(a) && a.exponent >= RANGE_EXPONENT;
}

function reduced(a: Real): Angle {
  const exponent = integerExponent(a);
  const signed = a.sign === 0 ? significand(a) : -significand(a);
  if (a.exponent < SMALL_EXPONENT) return { rest: signed, scale: -exponent, quarters: 0 };
  const scale = Math.max(HALF_PI_SCALE, -exponent);
  const angle = signed << BigInt(exponent + scale);
  const quarter = PI_66 << BigInt(scale - HALF_PI_SCALE);
  const half = quarter >> 1n;
  const count = (angle + (angle < 0n ? -half : half)) / quarter;
  return { rest: angle - count * quarter, scale, quarters: Number(BigInt.asUintN(2, count)) };
}

/** Sine or cosine of an angle: value x 2^-scale. */
interface Ratio {
  readonly value: bigint;
  readonly scale: number;
}

function squareOf(angle: Angle): bigint {
  const shift = BigInt(angle.scale) - FRACTION_BITS;
  const fixed = shift >= 0n ? angle.rest >> shift : angle.rest << -shift;
  return -times(fixed, fixed);
}

/** rest (1 - rest^2/6 + rest^4/120 …): always a little less than rest, even where the series does not see it. */
function sineOfRest(angle: Angle): Ratio {
  const factor = series(UNIT, squareOf(angle), (n) => 2n * n * (2n * n + 1n));
  return { value: angle.rest * (factor < UNIT ? factor : UNIT - 1n), scale: angle.scale + Number(FRACTION_BITS) };
}

/** 1 - rest^2/2 + rest^4/24 …. */
function cosineOfRest(angle: Angle): Ratio {
  return { value: series(UNIT, squareOf(angle), (n) => (2n * n - 1n) * 2n * n), scale: Number(FRACTION_BITS) };
}

/** Sine of the angle moved on by quarter turns. */
function sineOf(angle: Angle, ahead: number): Ratio {
  const quarters = (angle.quarters + ahead) & 3;
  const ratio = (quarters & 1) === 0 ? sineOfRest(angle) : cosineOfRest(angle);
  return quarters < 2 ? ratio : { ...ratio, value: -ratio.value };
}

function rounded(x: Operation, { value, scale }: Ratio): Real {
  return roundMagnitude(x, value < 0n ? 1 : 0, magnitudeOf(value), -scale, true);
}

/** Result for operands that are no numbers; null for those with an angle. */
function special(x: Operation, a: Real, ofZero: Real): Real | null {
  const nan = nanResult(x, a, a);
  if (nan !== null) return nan;
  if (isInfinity(a)) return x.invalid();
  if (isZero(a)) return ofZero;
  x.noteDenormals(a, a);
  return null;
}

/** FSIN of an operand in range. */
export function sine(x: Operation, a: Real): Real {
  return special(x, a, zero(a.sign)) ?? rounded(x, sineOf(reduced(normalized(a)), 0));
}

/** FCOS of an operand in range. */
export function cosine(x: Operation, a: Real): Real {
  return special(x, a, ONE) ?? nearlyOne(x, a) ?? rounded(x, sineOf(reduced(normalized(a)), 1));
}

/** The cosine of so small a number that its square would not be seen: just below 1. */
function nearlyOne(x: Operation, a: Real): Real | null {
  if (a.exponent > BIAS - 100) return null;
  return roundMagnitude(x, 0, (1n << 192n) - 1n, -192, true);
}

/** FPTAN of an operand in range. */
export function tangent(x: Operation, a: Real): Real {
  const found = special(x, a, zero(a.sign));
  if (found !== null) return found;
  const angle = reduced(normalized(a));
  // Of so small an angle the tangent is a little more.
  if (angle.scale > TINY_SCALE) return roundMagnitude(x, a.sign, magnitudeOf(angle.rest), -angle.scale, true);
  const [numerator, denominator] = [sineOf(angle, 0), sineOf(angle, 1)];
  // Enough places for the quotient, however small the numerator.
  const shift = 2 * Number(FRACTION_BITS) + 128;
  const value = (numerator.value << BigInt(shift)) / denominator.value;
  return rounded(x, { value, scale: numerator.scale - denominator.scale + shift });
}
