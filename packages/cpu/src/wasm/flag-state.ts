import type { FlagName } from "../builder/builder.ts";
import { AUX, RESULT } from "./emitter.ts";
import {
  and32,
  binary32,
  binary64,
  compare64,
  constant32,
  constant64,
  extendSigned,
  heldNode,
  isZeroNode,
  type Node,
  selectNode,
  shift32,
  signed,
  withWidth,
  wrap,
} from "./node.ts";
import { I32, I64, OP } from "./opcodes.ts";

/** What the flags are of: an addition, a subtraction, a logical result, or (`result`) something of which only ZF, SF and PF are plain. */
interface Source {
  readonly kind: "add" | "sub" | "logic" | "result";
  readonly a: Node;
  readonly b: Node;
  readonly result: Node;
  /** The result is `a + b` or `a - b` without a carry in. */
  readonly plain: boolean;
}

/**
 * The arithmetic flags at a point of a block, as expressions for the two lazy words that `flags.ts` describes, and what is known besides. Nothing is
 * computed until a condition, an exit or the end of the block asks.
 */
export class FlagState {
  /** The last result sign-extended to 64 bits. */
  readonly result: Node;
  private readonly makeAux: () => Node;
  private known: Node | null = null;
  readonly source: Source | null;
  private readonly carryNode: Node | null;

  private constructor(result: Node, makeAux: () => Node, source: Source | null = null, carry: Node | null = null) {
    this.result = result;
    this.makeAux = makeAux;
    this.source = source;
    this.carryNode = carry;
  }

  /** What the two fixed locals hold. */
  static held(): FlagState {
    const aux = heldNode(32, I32, AUX);
    return new FlagState(heldNode(64, I64, RESULT), () => aux);
  }

  static arithmetic(kind: "add" | "sub", a: Node, b: Node, result: Node): FlagState {
    const plain = result.origin?.kind === kind && result.origin.a === a && result.origin.b === b;
    return new FlagState(wide(result), () => carryWord(kind, a, b, result), { kind, a, b, result, plain });
  }

  static logic(result: Node): FlagState {
    const zero = constant32(32, 0);
    return new FlagState(wide(result), () => zero, { kind: "logic", a: zero, b: zero, result, plain: true });
  }

  static shift(result: Node, carry: Node, overflow: Node): FlagState {
    return new FlagState(wide(result), () => carryAndOverflow(carry, overflow), null, carry);
  }

  /** INC and DEC: the carry stays. */
  keepingCarry(kind: "add" | "sub", a: Node, b: Node, result: Node): FlagState {
    const carry = this.flag("C");
    const make = () => {
      const word = carryWord(kind, a, b, result);
      const turned = and32(
        binary32(32, OP.i32Xor, binary32(32, OP.i32Xor, bitOf(word, 30), bitOf(word, 31)), withWidth(carry, 32)),
        1,
      );
      return or3(shift32(OP.i32Shl, withWidth(carry, 32), 31), shift32(OP.i32Shl, turned, 30), and32(word, 8));
    };
    return new FlagState(wide(result), make, { kind: "result", a, b, result, plain: false }, carry);
  }

  withCarry(carry: Node): FlagState {
    return this.withCarryOverflow(carry, this.flag("O"));
  }

  withCarryOverflow(carry: Node, overflow: Node): FlagState {
    const make = () => binary32(32, OP.i32Or, and32(this.aux(), 0x3fffffff), carryAndOverflow(carry, overflow));
    return new FlagState(this.result, make, null, carry);
  }

  /** Only ZF changes: the other flags are expressed against a result of 0 or 1. */
  withZero(zero: Node): FlagState {
    const make = () => {
      const flip = binary32(32, OP.i32Xor, withWidth(this.flag("P"), 32), withWidth(zero, 32));
      return or3(and32(this.aux(), 0xc0000008 | 0), shift32(OP.i32Shl, flip, 8), withWidth(this.flag("S"), 32));
    };
    return new FlagState(selectNode(zero, constant64(0, 0), constant64(1, 0)), make, null, null);
  }

  /** These flags where the condition is not zero, the others where it is. */
  static choose(condition: Node, yes: FlagState, no: FlagState): FlagState {
    return new FlagState(selectNode(condition, yes.result, no.result), () =>
      selectNode(condition, yes.aux(), no.aux()),
    );
  }

  aux(): Node {
    this.known ??= this.makeAux();
    return this.known;
  }

  /** Nodes that must stay what they are while this state may be asked. */
  roots(): Node[] {
    const { source } = this;
    const roots = [this.result, this.aux()];
    if (source !== null) roots.push(source.a, source.b, source.result);
    if (this.carryNode !== null) roots.push(this.carryNode);
    return roots;
  }

  flag(name: FlagName): Node {
    const { source } = this;
    if (name === "C") return this.carry();
    if (source !== null && name === "Z") return isZeroNode(source.result);
    if (source !== null && name === "S") return signOf(source.result);
    return this.generic(name);
  }

  private carry(): Node {
    if (this.carryNode !== null) return this.carryNode;
    const { source } = this;
    if (source?.plain === true && source.kind === "sub") return less(source.a, source.b);
    if (source?.plain === true && source.kind === "add") return less(source.result, source.a);
    return source?.kind === "logic" ? constant32(1, 0) : truth(shift32(OP.i32ShrU, this.aux(), 31));
  }

  private generic(name: Exclude<FlagName, "C">): Node {
    if (name === "Z") return isZeroNode(this.result);
    const aux = this.aux();
    if (name === "O") return truth(and32(binary32(32, OP.i32Xor, bitOf(aux, 31), bitOf(aux, 30)), 1));
    if (name === "A") return truth(and32(shift32(OP.i32ShrU, aux, 3), 1));
    if (name === "P") return parity(binary32(32, OP.i32Xor, wrap(this.result), shift32(OP.i32ShrU, aux, 8)));
    const sign = wrap(binary64(OP.i64ShrU, this.result, constant64(63, 0)));
    return truth(and32(binary32(32, OP.i32Xor, sign, aux), 1));
  }

  /** Jump condition 0-15. */
  condition(cc: number): Node {
    const base = this.baseCondition(cc >> 1);
    return (cc & 1) === 0 ? base : negate(base);
  }

  private baseCondition(base: number): Node {
    const { source } = this;
    if (source?.plain === true && source.kind !== "add") {
      const short = source.kind === "sub" ? compared(base, source) : logical(base, source.result);
      if (short !== null) return short;
    }
    if (base === 0) return this.flag("O");
    if (base === 1) return this.flag("C");
    if (base === 2) return this.flag("Z");
    if (base === 3) return binary32(1, OP.i32Or, this.flag("C"), this.flag("Z"));
    if (base === 4) return this.flag("S");
    if (base === 5) return this.flag("P");
    const differs = binary32(1, OP.i32Xor, this.flag("S"), this.flag("O"));
    return base === 6 ? differs : binary32(1, OP.i32Or, differs, this.flag("Z"));
  }
}

/** Conditions behind CMP and SUB. */
function compared(base: number, { a, b }: Source): Node | null {
  if (base === 1) return less(a, b);
  if (base === 2) return a.width === 64 ? compare64(OP.i64Eq, a, b) : binary32(1, OP.i32Eq, a, b);
  if (base === 3) return a.width === 64 ? compare64(OP.i64LeU, a, b) : binary32(1, OP.i32LeU, a, b);
  if (base === 6) return a.width === 64 ? compare64(OP.i64LtS, a, b) : binary32(1, OP.i32LtS, signed(a), signed(b));
  if (base === 7) return a.width === 64 ? compare64(OP.i64LeS, a, b) : binary32(1, OP.i32LeS, signed(a), signed(b));
  return null;
}

/** Conditions behind a logical result: neither carry nor overflow. */
function logical(base: number, result: Node): Node | null {
  if (base <= 1) return constant32(1, 0);
  if (base === 2 || base === 3) return isZeroNode(result);
  if (base === 4 || base === 6) return signOf(result);
  if (base !== 7) return null;
  const zero = constant32(32, 0);
  return result.width === 64
    ? compare64(OP.i64LeS, result, constant64(0, 0))
    : binary32(1, OP.i32LeS, signed(result), zero);
}

/** Inverts a truth value. */
export function negate(a: Node): Node {
  return binary32(1, OP.i32Xor, a, constant32(1, 1));
}

export function less(a: Node, b: Node): Node {
  return a.width === 64 ? compare64(OP.i64LtU, a, b) : binary32(1, OP.i32LtU, a, b);
}

function signOf(a: Node): Node {
  return a.width === 64
    ? compare64(OP.i64LtS, a, constant64(0, 0))
    : binary32(1, OP.i32LtS, signed(a), constant32(32, 0));
}

function truth(a: Node): Node {
  return withWidth(a, 1);
}

function bitOf(word: Node, bit: number): Node {
  return shift32(OP.i32ShrU, word, bit);
}

function or3(a: Node, b: Node, c: Node): Node {
  return binary32(32, OP.i32Or, binary32(32, OP.i32Or, a, b), c);
}

function wide(result: Node): Node {
  return result.width === 64 ? result : extendSigned(signed(result));
}

/** CF in bit 31 and CF xor OF in bit 30. */
function carryAndOverflow(carry: Node, overflow: Node): Node {
  const c = withWidth(carry, 32);
  const turned = binary32(32, OP.i32Xor, c, withWidth(overflow, 32));
  return binary32(32, OP.i32Or, shift32(OP.i32Shl, c, 31), shift32(OP.i32Shl, turned, 30));
}

/** Truth of an even number of ones in the low byte. */
function parity(value: Node): Node {
  const folded = and32(binary32(32, OP.i32Xor, value, and32(shift32(OP.i32ShrU, value, 4), 15)), 15);
  const odd = and32(binary32(32, OP.i32ShrU, constant32(32, 0x6996), folded), 1);
  return binary32(1, OP.i32Xor, odd, constant32(32, 1));
}

/** Carries out of each bit: what at least two of the three of (a, b, not result) have, or (not a, b, result) for a difference. */
function majority(
  and: number,
  or: number,
  flip: (n: Node) => Node,
  kind: "add" | "sub",
  a: Node,
  b: Node,
  r: Node,
): Node {
  const binary = (op: number, x: Node, y: Node): Node => (x.type === I64 ? binary64(op, x, y) : binary32(32, op, x, y));
  const x = kind === "add" ? a : flip(a);
  const z = kind === "add" ? flip(r) : r;
  return binary(or, binary(and, x, b), binary(and, binary(or, x, b), z));
}

/** The carry word of `flags.ts`: carry out in bit 31, carry into the top bit in bit 30, carry out of bit 3 in bit 3. */
function carryWord(kind: "add" | "sub", a: Node, b: Node, result: Node): Node {
  if (a.width === 64) {
    const flip = (n: Node): Node => binary64(OP.i64Xor, n, constant64(-1, -1));
    const carries = majority(OP.i64And, OP.i64Or, flip, kind, a, b, result);
    const high = and32(wrap(binary64(OP.i64ShrU, carries, constant64(32, 0))), 0xc0000000 | 0);
    return binary32(32, OP.i32Or, high, and32(wrap(carries), 8));
  }
  const flip = (n: Node): Node => binary32(32, OP.i32Xor, n, constant32(32, -1));
  const carries = majority(OP.i32And, OP.i32Or, flip, kind, a, b, result);
  if (a.width === 32) return and32(carries, 0xc0000008 | 0);
  const top = and32(shift32(OP.i32Shl, carries, 32 - a.width), 0xc0000000 | 0);
  return binary32(32, OP.i32Or, top, and32(carries, 8));
}
