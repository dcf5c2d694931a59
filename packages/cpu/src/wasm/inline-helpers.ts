import { binary64, compare64, constant64, extendUnsigned, type Node, selectNode, unary, wrap } from "./node.ts";
import { I64, OP } from "./opcodes.ts";

const THIRTY_TWO = constant64(32, 0);
const LOW_WORD = constant64(-1, 0);

/** High 64 bits of the unsigned product, from four products of 32-bit halves. */
function unsignedHigh(a: Node, b: Node): Node {
  const low = (x: Node): Node => binary64(OP.i64And, x, LOW_WORD);
  const high = (x: Node): Node => binary64(OP.i64ShrU, x, THIRTY_TWO);
  const mul = (x: Node, y: Node): Node => binary64(OP.i64Mul, x, y);
  const add = (x: Node, y: Node): Node => binary64(OP.i64Add, x, y);
  const middle = add(mul(high(a), low(b)), high(mul(low(a), low(b))));
  const cross = add(mul(low(a), high(b)), low(middle));
  return add(add(mul(high(a), high(b)), high(middle)), high(cross));
}

function signedHigh(a: Node, b: Node): Node {
  const zero = constant64(0, 0);
  const correction = (x: Node, y: Node): Node => selectNode(compare64(OP.i64LtS, x, zero), y, zero);
  const partial = binary64(OP.i64Sub, unsignedHigh(a, b), correction(a, b));
  return binary64(OP.i64Sub, partial, correction(b, a));
}

const INLINE: Readonly<Record<string, (args: readonly Node[]) => Node>> = {
  mulLow64: ([a, b]) => binary64(OP.i64Mul, a!, b!),
  mul64High: ([a, b]) => unsignedHigh(a!, b!),
  imulHigh: ([a, b]) => signedHigh(a!, b!),
  mul32High: ([a, b]) =>
    wrap(binary64(OP.i64ShrU, binary64(OP.i64Mul, extendUnsigned(a!), extendUnsigned(b!)), THIRTY_TWO)),
  trailingZeros: ([a]) => wrap(unary(64, I64, OP.i64Ctz, a!)),
  leadingZeros: ([a]) => wrap(unary(64, I64, OP.i64Clz, a!)),
  populationCount: ([a]) => wrap(unary(64, I64, OP.i64Popcnt, a!)),
};

/** What a helper of `builder/helpers.ts` computes, as an expression; null for those that only the executors call. */
export function inlineHelper(helper: string, args: readonly Node[]): Node | null {
  return INLINE[helper]?.(args) ?? null;
}
