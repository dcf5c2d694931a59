import type { Format } from "./formats.ts";
import { nanResult } from "./nan.ts";
import { DE, type Operation, ZE } from "./operation.ts";
import {
  BIAS,
  infinity,
  isDenormal,
  isInfinity,
  isNormal,
  isZero,
  normalized,
  type Real,
  significand,
  zero,
} from "./real.ts";
import { round } from "./rounding.ts";

/** FDIV: a / b. */
export function divide(x: Operation, format: Format, a: Real, b: Real): Real {
  if (isNormal(a) && isNormal(b)) return divideNumbers(x, format, a, b);
  return nanResult(x, a, b) ?? divideSpecial(x, format, a, b);
}

function divideSpecial(x: Operation, format: Format, a: Real, b: Real): Real {
  const sign = a.sign ^ b.sign;
  if ((isInfinity(a) && isInfinity(b)) || (isZero(a) && isZero(b))) return x.invalid();
  if (isZero(b) && !isInfinity(a)) {
    // A denormal dividend has lower priority.
    x.flags = (x.flags & ~DE) | ZE;
    return infinity(sign);
  }
  x.noteDenormals(a, b);
  if (isInfinity(a)) return infinity(sign);
  if (isInfinity(b) || isZero(a)) return zero(sign);
  return divideNumbers(x, format, normalized(a), normalized(b));
}

/** Rounds a value of 96 bits, the uppermost of which is set, and what may follow them. */
export function roundWide(
  x: Operation,
  format: Format,
  sign: number,
  exponent: number,
  bits: bigint,
  inexact: boolean,
): Real {
  const word = (at: bigint) => Number(BigInt.asIntN(32, bits >> at));
  return round(x, format, sign, exponent, word(64n), word(32n), word(0n) | (inexact ? 1 : 0));
}

function divideNumbers(x: Operation, format: Format, a: Real, b: Real): Real {
  const [dividend, divisor] = [significand(a), significand(b)];
  // The quotient of the significands lies between 1/2 and 2.
  const shift = dividend < divisor ? 96n : 95n;
  const shifted = dividend << shift;
  const quotient = shifted / divisor;
  const exponent = a.exponent - b.exponent + BIAS - (shift === 96n ? 1 : 0);
  return roundWide(x, format, a.sign ^ b.sign, exponent, quotient, quotient * divisor !== shifted);
}

/** Integer square root, rounded down. */
export function integerRoot(value: bigint): bigint {
  let guess = BigInt(Math.ceil(Math.sqrt(Number(value)) * (1 + 2 ** -50)));
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** FSQRT. */
export function squareRoot(x: Operation, format: Format, a: Real): Real {
  const nan = nanResult(x, a, a);
  if (nan !== null) return nan;
  if (isZero(a)) return a;
  if (a.sign !== 0) return x.invalid();
  if (isInfinity(a)) return a;
  if (isDenormal(a)) x.noteDenormals(a, a);
  const n = normalized(a);
  const odd = (n.exponent - BIAS) & 1;
  // A radicand of 191 or 192 bits has a root of 96.
  const radicand = significand(n) << (odd === 0 ? 127n : 128n);
  const root = integerRoot(radicand);
  return roundWide(x, format, 0, BIAS + ((n.exponent - BIAS - odd) >> 1), root, root * root !== radicand);
}
