import type { Value, Width } from "../builder/builder.ts";
import { I32, I64, OP } from "./opcodes.ts";

/** Kinds of leaves; all other values of `Node.op` are WebAssembly instructions. */
export const CONSTANT = -1;
/** A general-purpose register as it was when the node was made; its number is in `low`. */
export const REGISTER = -2;
/** A local that holds the value for good; its index is in `local`. */
export const HELD = -3;
/** A word (or two) of the processor's state at byte offset `low`. */
export const STATE_FIELD = -4;
/** Its only argument, under another width. */
export const ALIAS = -5;

/**
 * A value of the WebAssembly back end: an expression that is written out when something needs it. Patterns are kept as in the JavaScript
 * back end: 8 and 16 bits zero-extended in an i32, 32 bits in an i32, 64 bits in an i64, truth as 0 or 1.
 */
export interface Node extends Value {
  readonly type: typeof I32 | typeof I64;
  readonly op: number;
  readonly args: readonly Node[];
  /** Halves of a constant. */
  readonly low: number;
  readonly high: number;
  /** How often it is an argument. */
  uses: number;
  /** The local that holds it since it was written out; -1 before. */
  local: number;
  /** What it is the plain sum or difference of. */
  origin: { readonly kind: "add" | "sub"; readonly a: Node; readonly b: Node } | null;
}

export function asNode(value: Value): Node {
  return value as Node;
}

function make(width: Width, type: Node["type"], op: number, args: readonly Node[], low = 0, high = 0): Node {
  for (const arg of args) arg.uses++;
  return { width, type, op, args, low, high, uses: 0, local: -1, origin: null };
}

export function constant32(width: Width, value: number): Node {
  return make(width, I32, CONSTANT, [], value | 0);
}

export function constant64(low: number, high: number): Node {
  return make(64, I64, CONSTANT, [], low | 0, high | 0);
}

export function registerNode(register: number): Node {
  return make(64, I64, REGISTER, [], register);
}

/** A value that a local holds. */
export function heldNode(width: Width, type: Node["type"], local: number): Node {
  const node = make(width, type, HELD, []);
  node.local = local;
  return node;
}

export function stateField(width: 32 | 64, byteOffset: number): Node {
  return make(width, width === 64 ? I64 : I32, STATE_FIELD, [], byteOffset);
}

export function isConstant(node: Node): boolean {
  return node.op === CONSTANT;
}

const FOLD: Readonly<Record<number, (a: number, b: number) => number>> = {
  [OP.i32Add]: (a, b) => a + b,
  [OP.i32Sub]: (a, b) => a - b,
  [OP.i32And]: (a, b) => a & b,
  [OP.i32Or]: (a, b) => a | b,
  [OP.i32Xor]: (a, b) => a ^ b,
  [OP.i32Shl]: (a, b) => a << b,
  [OP.i32ShrU]: (a, b) => a >>> b,
  [OP.i32ShrS]: (a, b) => a >> b,
  [OP.i32Eq]: (a, b) => (a === b ? 1 : 0),
  [OP.i32LtU]: (a, b) => (a >>> 0 < b >>> 0 ? 1 : 0),
};

/** A binary instruction on i32; constants are folded. */
export function binary32(width: Width, op: number, a: Node, b: Node): Node {
  if (isConstant(a) && isConstant(b) && FOLD[op] !== undefined) return constant32(width, FOLD[op](a.low, b.low));
  return make(width, I32, op, [a, b]);
}

/** A binary instruction on i64 that yields an i64. */
export function binary64(op: number, a: Node, b: Node): Node {
  if (op === OP.i64Add && isConstant(a) && isConstant(b)) {
    const sum = (a.low >>> 0) + (b.low >>> 0);
    return constant64(sum | 0, a.high + b.high + (sum > 0xffffffff ? 1 : 0));
  }
  if ((op === OP.i64Add || op === OP.i64Shl) && isConstant(b) && b.low === 0 && b.high === 0) return a;
  return make(64, I64, op, [a, b]);
}

/** A comparison of two i64. */
export function compare64(op: number, a: Node, b: Node): Node {
  return make(1, I32, op, [a, b]);
}

export function isZeroNode(a: Node): Node {
  if (a.type === I64)
    return isConstant(a) ? constant32(1, a.low === 0 && a.high === 0 ? 1 : 0) : make(1, I32, OP.i64Eqz, [a]);
  return isConstant(a) ? constant32(1, a.low === 0 ? 1 : 0) : make(1, I32, OP.i32Eqz, [a]);
}

/** A unary instruction. */
export function unary(width: Width, type: Node["type"], op: number, a: Node): Node {
  return make(width, type, op, [a]);
}

/** The i32 of the low half of an i64. */
export function wrap(a: Node, width: Width = 32): Node {
  if (isConstant(a)) return constant32(width, a.low);
  return make(width, I32, OP.i32WrapI64, [a]);
}

/** An i32 as an i64, zero-extended. */
export function extendUnsigned(a: Node): Node {
  if (isConstant(a)) return constant64(a.low, 0);
  return make(64, I64, OP.i64ExtendI32U, [a]);
}

/** An i32 as an i64, sign-extended. */
export function extendSigned(a: Node): Node {
  if (isConstant(a)) return constant64(a.low, a.low >> 31);
  return make(64, I64, OP.i64ExtendI32S, [a]);
}

/** An i32 whose low bits are kept, to the invariant of a width below 64. */
export function narrow(a: Node, width: Width): Node {
  if (width >= 32) return a;
  return binary32(width, OP.i32And, a, constant32(32, width === 8 ? 255 : width === 16 ? 65535 : 1));
}

/** The pattern of 8, 16 or 32 bits sign-extended to an i32. */
export function signed(a: Node): Node {
  if (a.width >= 32) return a;
  if (isConstant(a)) return constant32(32, a.width === 8 ? (a.low << 24) >> 24 : (a.low << 16) >> 16);
  return unary(32, I32, a.width === 8 ? OP.i32Extend8S : OP.i32Extend16S, a);
}

/** `yes` where the condition is not zero. */
export function selectNode(condition: Node, yes: Node, no: Node): Node {
  if (isConstant(condition)) return condition.low !== 0 ? yes : no;
  if (yes === no) return yes;
  return make(yes.width, yes.type, OP.select, [yes, no, condition]);
}

export function and32(a: Node, b: number): Node {
  return binary32(a.width, OP.i32And, a, constant32(32, b));
}

export function shift32(op: number, a: Node, count: number): Node {
  return count === 0 ? a : binary32(a.width, op, a, constant32(32, count));
}

/** The same value under another width. */
export function withWidth(a: Node, width: Width): Node {
  if (a.width === width) return a;
  return isConstant(a) ? constant32(width, a.low) : make(width, a.type, ALIAS, [a]);
}
