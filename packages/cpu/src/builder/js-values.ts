import type { OperandWidth, Value, Width } from "./builder.ts";

/**
 * A value of the JavaScript back end: expressions that may be repeated freely (names or literals). 8- and 16-bit values are kept
 * zero-extended, 32-bit ones signed, 64-bit ones as two signed halves, truth values as 0 or 1.
 */
export interface JsValue extends Value {
  readonly lo: string;
  readonly hi: string;
}

export function asJs(value: Value): JsValue {
  return value as JsValue;
}

export function jsValue(width: Width, lo: string, hi = "0"): JsValue {
  return { width, lo, hi };
}

/** Wraps an expression to the invariant of a width below 64. */
export function wrap(expression: string, width: Width): string {
  if (width === 8) return `(${expression}) & 255`;
  if (width === 16) return `(${expression}) & 65535`;
  return `(${expression}) | 0`;
}

/** The value sign-extended to 32 bits, as an expression. */
export function signed32(value: JsValue): string {
  if (value.width === 8) return `(${value.lo} << 24 >> 24)`;
  if (value.width === 16) return `(${value.lo} << 16 >> 16)`;
  return value.lo;
}

export function literal(width: OperandWidth, value: number): JsValue {
  if (width === 64) return jsValue(64, String(value | 0), value < 0 ? "-1" : "0");
  if (width === 32) return jsValue(32, String(value | 0));
  return jsValue(width, String(value & (width === 8 ? 255 : 65535)));
}
