import { integerRoot } from "./divide.ts";
import {
  FRACTION_BITS,
  integerExponent,
  inverseTangentSeries,
  magnitudeOf,
  PI,
  roundMagnitude,
  times,
  UNIT,
} from "./fixed-point.ts";
import { nanResult } from "./nan.ts";
import type { Operation } from "./operation.ts";
import { isInfinity, isZero, normalized, type Real, significand, zero } from "./real.ts";

/** Value x 2^-scale. */
interface Scaled {
  readonly value: bigint;
  readonly scale: number;
}

const SCALE = Number(FRACTION_BITS);
/** A quotient below 2^-250 is its own arctangent to more bits than are kept, and vanishes beside pi. */
const TINY = 250;
const HALVINGS = 3n;

function fixed({ value, scale }: Scaled): bigint {
  const shift = BigInt(scale) - FRACTION_BITS;
  return shift >= 0n ? value >> shift : value << -shift;
}

/** a / b for normalized numbers, a not the larger. */
function quotient(a: Real, b: Real): Scaled {
  const value = (significand(a) << (FRACTION_BITS + 64n)) / significand(b);
  return { value, scale: SCALE + 64 - integerExponent(a) + integerExponent(b) };
}

/** Arctangent of a quotient from 0 to 1: always a little less, even where the series does not see it. */
function arctangentOf(q: Scaled): Scaled {
  if (q.scale > SCALE + 64 + TINY) return { value: (q.value << 1n) - 1n, scale: q.scale + 1 };
  let z = fixed(q);
  if (z < UNIT >> 3n) {
    const factor = inverseTangentSeries(-times(z, z));
    return { value: q.value * factor, scale: q.scale + SCALE };
  }
  // atan(z) = 2 atan(z / (1 + root of (1 + z^2))).
  for (let n = 0n; n < HALVINGS; n++)
    z = (z << FRACTION_BITS) / (UNIT + integerRoot((UNIT + times(z, z)) << FRACTION_BITS));
  return { value: times(z, inverseTangentSeries(-times(z, z))) << HALVINGS, scale: SCALE };
}

/** Angle of a point whose coordinates' magnitudes are not zero and finite: in the first quarter. */
function firstQuarter(y: Real, x: Real): Scaled {
  const [m, n] = [normalized(y), normalized(x)];
  const steep = m.exponent > n.exponent || (m.exponent === n.exponent && significand(m) > significand(n));
  if (!steep) return arctangentOf(quotient(m, n));
  return { value: PI / 2n - fixed(arctangentOf(quotient(n, m))), scale: SCALE };
}

function rounded(x: Operation, sign: number, angle: Scaled): Real {
  return roundMagnitude(x, sign, magnitudeOf(angle.value), -angle.scale, true);
}

/** An angle given in eighths of half a turn. */
function eighths(x: Operation, sign: number, count: bigint): Real {
  return rounded(x, sign, { value: (PI * count) / 4n, scale: SCALE });
}

/** FPATAN: the angle of the point (b, a), from -pi to pi. */
export function arctangent(x: Operation, a: Real, b: Real): Real {
  const nan = nanResult(x, a, b);
  if (nan !== null) return nan;
  x.noteDenormals(a, b);
  const left = b.sign !== 0;
  if (isInfinity(a)) return eighths(x, a.sign, isInfinity(b) ? (left ? 3n : 1n) : 2n);
  if (isZero(a) || isInfinity(b)) return left ? eighths(x, a.sign, 4n) : zero(a.sign);
  if (isZero(b)) return eighths(x, a.sign, 2n);
  const angle = firstQuarter(a, b);
  return rounded(x, a.sign, left ? { value: PI - fixed(angle), scale: SCALE } : angle);
}
