import { DE, IE, type Operation } from "./operation.ts";
import { compareSignificands, isNan, isSignalingNan, isUnsupported, QUIET_BIT, type Real, real } from "./real.ts";

export function quieted(a: Real): Real {
  return real(a.sign, a.exponent, a.high | QUIET_BIT, a.low);
}

/** The NaN with the larger significand; of equal ones the positive. */
function larger(a: Real, b: Real): Real {
  const order = compareSignificands(a, b) || b.sign - a.sign;
  return order >= 0 ? a : b;
}

/** SDM 1 "Rules for Handling NaNs": of an SNaN and a QNaN the QNaN, else the larger one, made quiet. */
function choose(a: Real, b: Real): Real {
  if (!isNan(b)) return a;
  if (!isNan(a)) return b;
  const quiet = isSignalingNan(a) !== isSignalingNan(b);
  if (quiet) return isSignalingNan(a) ? b : a;
  return larger(a, b);
}

/** The result if an operand is a NaN or no supported format at all; null if the operation is to go on. */
export function nanResult(x: Operation, a: Real, b: Real): Real | null {
  if (isUnsupported(a) || isUnsupported(b)) return x.invalid();
  if (!isNan(a) && !isNan(b)) return null;
  x.flags &= ~DE;
  if (isSignalingNan(a) || isSignalingNan(b)) x.flags |= IE;
  return quieted(choose(a, b));
}
