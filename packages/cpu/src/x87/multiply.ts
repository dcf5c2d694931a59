import type { Format } from "./formats.ts";
import { nanResult } from "./nan.ts";
import type { Operation } from "./operation.ts";
import { BIAS, infinity, isInfinity, isNormal, isZero, normalized, type Real, zero } from "./real.ts";
import { round } from "./rounding.ts";

/** FMUL: a x b. */
export function multiply(x: Operation, format: Format, a: Real, b: Real): Real {
  if (isNormal(a) && isNormal(b)) return multiplyNumbers(x, format, a, b);
  return nanResult(x, a, b) ?? multiplySpecial(x, format, a, b);
}

function multiplySpecial(x: Operation, format: Format, a: Real, b: Real): Real {
  if ((isInfinity(a) && isZero(b)) || (isZero(a) && isInfinity(b))) return x.invalid();
  x.noteDenormals(a, b);
  if (isInfinity(a) || isInfinity(b)) return infinity(a.sign ^ b.sign);
  if (isZero(a) || isZero(b)) return zero(a.sign ^ b.sign);
  return multiplyNumbers(x, format, normalized(a), normalized(b));
}

/** High half of an unsigned product of 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536);
}

function multiplyNumbers(x: Operation, format: Format, a: Real, b: Real): Real {
  // Four partial products of 64 bits, added by columns of 32.
  const lowest = Math.imul(a.low, b.low) >>> 0;
  const second = highProduct(a.low, b.low) + (Math.imul(a.high, b.low) >>> 0) + (Math.imul(a.low, b.high) >>> 0);
  const third =
    highProduct(a.high, b.low) +
    highProduct(a.low, b.high) +
    (Math.imul(a.high, b.high) >>> 0) +
    Math.floor(second / 4294967296);
  const high = (highProduct(a.high, b.high) + Math.floor(third / 4294967296)) | 0;
  const low = third | 0;
  const rest = second | 0 | (lowest === 0 ? 0 : 1);
  const sign = a.sign ^ b.sign;
  const exponent = a.exponent + b.exponent - BIAS;
  if (high < 0) return round(x, format, sign, exponent + 1, high, low, rest);
  // The lowest bit stands for what follows; shifting it up by one keeps that meaning.
  return round(x, format, sign, exponent, (high << 1) | (low >>> 31), (low << 1) | (rest >>> 31), rest << 1);
}
