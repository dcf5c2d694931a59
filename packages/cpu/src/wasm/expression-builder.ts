import type { OperandWidth, Value } from "../builder/builder.ts";
import { less, negate } from "./flag-state.ts";
import {
  and32,
  asNode,
  binary32,
  binary64,
  compare64,
  constant32,
  constant64,
  extendSigned,
  extendUnsigned,
  isConstant,
  isZeroNode,
  type Node,
  narrow,
  selectNode,
  shift32,
  signed,
  withWidth,
  wrap,
} from "./node.ts";
import { OP } from "./opcodes.ts";

/** The operations of a builder that only make values of values. */
export class ExpressionBuilder {
  constant(width: OperandWidth, value: number): Node {
    if (width === 64) return constant64(value, value < 0 ? -1 : 0);
    return constant32(width, width === 8 ? value & 255 : width === 16 ? value & 65535 : value);
  }

  private binary(op32: number, op64: number, a: Value, b: Value): Node {
    const x = asNode(a);
    const y = asNode(b);
    return x.width === 64 ? binary64(op64, x, y) : binary32(x.width, op32, x, y);
  }

  private sum(kind: "add" | "sub", a: Value, b: Value): Node {
    const x = asNode(a);
    const y = asNode(b);
    const [op32, op64] = kind === "add" ? [OP.i32Add, OP.i64Add] : [OP.i32Sub, OP.i64Sub];
    const result = narrow(this.binary(op32, op64, x, y), x.width);
    if (result !== x && !isConstant(result)) result.origin ??= { kind, a: x, b: y };
    return result;
  }

  add(a: Value, b: Value): Node {
    return this.sum("add", a, b);
  }
  sub(a: Value, b: Value): Node {
    return this.sum("sub", a, b);
  }
  and(a: Value, b: Value): Node {
    return this.binary(OP.i32And, OP.i64And, a, b);
  }
  or(a: Value, b: Value): Node {
    return this.binary(OP.i32Or, OP.i64Or, a, b);
  }
  xor(a: Value, b: Value): Node {
    return this.binary(OP.i32Xor, OP.i64Xor, a, b);
  }

  not(a: Value): Node {
    const x = asNode(a);
    if (x.width === 1) return negate(x);
    if (x.width === 64) return binary64(OP.i64Xor, x, constant64(-1, -1));
    return binary32(x.width, OP.i32Xor, x, constant32(32, x.width === 8 ? 255 : x.width === 16 ? 65535 : -1));
  }

  private shift(op32: number, op64: number, a: Node, count: Node): Node {
    if (a.width === 64) return binary64(op64, a, extendUnsigned(count));
    return narrow(binary32(a.width, op32, a, count), a.width);
  }

  shl(a: Value, count: Value): Node {
    return this.shift(OP.i32Shl, OP.i64Shl, asNode(a), asNode(count));
  }
  shr(a: Value, count: Value): Node {
    return this.shift(OP.i32ShrU, OP.i64ShrU, asNode(a), asNode(count));
  }
  sar(a: Value, count: Value): Node {
    const x = asNode(a);
    if (x.width >= 32) return this.shift(OP.i32ShrS, OP.i64ShrS, x, asNode(count));
    return narrow(binary32(x.width, OP.i32ShrS, signed(x), asNode(count)), x.width);
  }

  zeroExtend(a: Value, width: OperandWidth): Node {
    const x = asNode(a);
    if (x.width === 64) return x;
    return width === 64 ? extendUnsigned(x) : withWidth(x, width);
  }

  signExtend(a: Value, width: OperandWidth): Node {
    const x = asNode(a);
    if (x.width === width) return x;
    if (width === 64) return extendSigned(signed(x));
    return narrow(withWidth(signed(x), width), width);
  }

  truncate(a: Value, width: OperandWidth): Node {
    const x = asNode(a);
    if (x.width === width) return x;
    return narrow(x.width === 64 ? wrap(x, width) : withWidth(x, width), width);
  }

  equal(a: Value, b: Value): Node {
    const x = asNode(a);
    const y = asNode(b);
    return x.width === 64 ? compare64(OP.i64Eq, x, y) : binary32(1, OP.i32Eq, x, y);
  }

  lessUnsigned(a: Value, b: Value): Node {
    return less(asNode(a), asNode(b));
  }

  isZero(a: Value): Node {
    return isZeroNode(asNode(a));
  }

  bit(a: Value, index: number): Node {
    const x = asNode(a);
    const word = x.width === 64 ? wrap(binary64(OP.i64ShrU, x, constant64(index, 0))) : shift32(OP.i32ShrU, x, index);
    return withWidth(and32(word, 1), 1);
  }

  fromTruth(condition: Value, width: OperandWidth): Node {
    const x = asNode(condition);
    return width === 64 ? extendUnsigned(x) : withWidth(x, width);
  }

  select(condition: Value, yes: Value, no: Value): Node {
    return selectNode(asNode(condition), asNode(yes), asNode(no));
  }
}
