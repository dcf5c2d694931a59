/*
 * What rounding to nearest lost, found with ordinary arithmetic. Zero means that the result is exact. All numbers must be of ordinary
 * size: `ROOMY_MIN` to `ROOMY_MAX` in magnitude, so that no intermediate value overflows or loses bits by underflow.
 */

/** 2^-900 */
export const ROOMY_MIN = 2 ** -900;
/** 2^900 */
export const ROOMY_MAX = 2 ** 900;

/** 2^27 + 1: multiplying with it splits a 53-bit significand in halves (Dekker). */
const SPLITTER = 134217729;

/** a + b - sum, where `sum` is a + b rounded (Knuth's TwoSum). */
export function sumResidual(a: number, b: number, sum: number): number {
  const virtual = sum - a;
  return a - (sum - virtual) + (b - virtual);
}

/** a x b - product, where `product` is a x b rounded (Dekker's product). */
export function productResidual(a: number, b: number, product: number): number {
  const scaledA = SPLITTER * a;
  const highA = scaledA - (scaledA - a);
  const lowA = a - highA;
  const scaledB = SPLITTER * b;
  const highB = scaledB - (scaledB - b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

/** Whether a number is zero or of a size that leaves room for intermediate values. */
export function isRoomy(a: number): boolean {
  const magnitude = Math.abs(a);
  return (magnitude >= ROOMY_MIN && magnitude <= ROOMY_MAX) || magnitude === 0;
}

/** Whether a x b is exactly `product`, for numbers that are roomy, and whose product is. */
export function isExactProduct(a: number, b: number, product: number): boolean {
  const rounded = a * b;
  return rounded === product && productResidual(a, b, rounded) === 0;
}
