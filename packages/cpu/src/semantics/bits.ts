import type { Builder, OperandWidth, Semantics, Value } from "../builder/builder.ts";

/** BT family: with a register index, a memory operand is an arbitrarily long bit string. */
function bitTest(change: "none" | "set" | "reset" | "complement"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const index = bitIndex(b, width);
    const x = change === "none" ? b.read(0) : b.readForWrite(0);
    const carry = b.bit(b.shr(x, index), 0);
    if (change !== "none") {
      const mask = b.shl(b.constant(width, 1), index);
      b.write(0, change === "set" ? b.or(x, mask) : change === "reset" ? b.and(x, b.not(mask)) : b.xor(x, mask));
    }
    b.setCarry(carry);
  };
}

function bitIndex(b: Builder, width: OperandWidth): Value {
  const raw = b.operandKind(1) === "immediate" ? b.read(1, 32) : b.read(1);
  if (b.operandKind(0) === "memory" && b.operandKind(1) === "register") {
    const shift = width === 64 ? 6 : width === 32 ? 5 : 4;
    const words = b.sar(b.signExtend(raw, 64), b.constant(32, shift));
    b.displaceMemory(b.shl(words, b.constant(32, shift - 3)));
  }
  const low = raw.width === 32 ? raw : raw.width === 64 ? b.truncate(raw, 32) : b.zeroExtend(raw, 32);
  return b.and(low, b.constant(32, width - 1));
}

/** BSF and BSR: the destination stays as it was for a zero source (what processors do; the SDM calls it undefined). */
function scan(forward: boolean): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.read(1);
    const wide = b.zeroExtend(x, 64);
    const found = forward
      ? b.call("trailingZeros", 32, [wide])
      : b.sub(b.constant(32, 63), b.call("leadingZeros", 32, [wide]));
    b.when(b.not(b.isZero(x)), () => b.write(0, fit(b, found, width)));
    b.setZero(b.isZero(x));
  };
}

function fit(b: Builder, value: Value, width: OperandWidth): Value {
  return width === 64 ? b.zeroExtend(value, 64) : b.truncate(value, width);
}

/** TZCNT and LZCNT: CF is a zero source, ZF a zero result. */
function count(forward: boolean): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.read(1);
    const wide = b.zeroExtend(x, 64);
    const zero = b.isZero(x);
    const raw = forward
      ? b.call("trailingZeros", 32, [wide])
      : b.sub(b.call("leadingZeros", 32, [wide]), b.constant(32, 64 - width));
    const result = fit(b, b.select(zero, b.constant(32, width), raw), width);
    b.write(0, result);
    b.flagsShift(result, zero, b.flag("O"));
  };
}

/** POPCNT: ZF is a zero source, the other flags are cleared. */
function populationCount(b: Builder): void {
  const x = b.read(1);
  const result = fit(b, b.call("populationCount", 32, [b.zeroExtend(x, 64)]), b.operandWidth(0));
  b.write(0, result);
  // A result of 1 has none of the flags set.
  b.flagsLogic(b.constant(32, 1));
  b.setZero(b.isZero(x));
}

/** BLSR, BLSI, BLSMSK. */
function lowestBit(kind: "blsr" | "blsi" | "blsmsk"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.read(1);
    const below = b.sub(x, b.constant(width, 1));
    const negated = b.sub(b.constant(width, 0), x);
    const result = kind === "blsr" ? b.and(x, below) : kind === "blsi" ? b.and(x, negated) : b.xor(x, below);
    b.write(0, result);
    const zero = b.isZero(x);
    b.flagsShift(result, kind === "blsi" ? b.not(zero) : zero, b.bit(b.constant(32, 0), 0));
  };
}

function andNot(b: Builder): void {
  const result = b.and(b.not(b.read(1)), b.read(2));
  b.write(0, result);
  b.flagsLogic(result);
}

function extractField(b: Builder): void {
  const width = b.operandWidth(0);
  const control = b.truncate(b.read(2), 16);
  const start = b.and(b.zeroExtend(control, 32), b.constant(32, 255));
  const length = b.and(b.shr(b.zeroExtend(control, 32), b.constant(32, 8)), b.constant(32, 255));
  const limit = b.constant(32, width);
  const zero = b.constant(width, 0);
  const shifted = b.select(
    b.lessUnsigned(start, limit),
    b.shr(b.read(1), b.and(start, b.constant(32, width - 1))),
    zero,
  );
  const mask = b.sub(b.shl(b.constant(width, 1), b.and(length, b.constant(32, width - 1))), b.constant(width, 1));
  const result = b.select(b.lessUnsigned(length, limit), b.and(shifted, mask), shifted);
  b.write(0, result);
  b.flagsLogic(result);
}

function zeroHigh(b: Builder): void {
  const width = b.operandWidth(0);
  const x = b.read(1);
  const index = b.and(b.truncate(b.read(2), 32), b.constant(32, 255));
  const inRange = b.lessUnsigned(index, b.constant(32, width));
  const mask = b.sub(b.shl(b.constant(width, 1), b.and(index, b.constant(32, width - 1))), b.constant(width, 1));
  const result = b.select(inRange, b.and(x, mask), x);
  b.write(0, result);
  b.flagsShift(result, b.not(inRange), b.bit(b.constant(32, 0), 0));
}

function scatter(helper: "deposit" | "extract"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const result = b.call(helper, 64, [b.zeroExtend(b.read(1), 64), b.zeroExtend(b.read(2), 64)]);
    b.write(0, width === 64 ? result : b.truncate(result, width));
  };
}

function multiplyFlagless(b: Builder): void {
  const width = b.operandWidth(0);
  const x = b.readRegister(2, width);
  const y = b.read(2);
  const low =
    width === 64
      ? b.call("mulLow64", 64, [x, y])
      : b.truncate(b.call("mulLow64", 64, [b.zeroExtend(x, 64), b.zeroExtend(y, 64)]), 32);
  const high = width === 64 ? b.call("mul64High", 64, [x, y]) : b.call("mul32High", 32, [x, y]);
  b.write(1, low);
  b.write(0, high);
}

function crc32(b: Builder): void {
  const value = b.read(1);
  const sum = b.call("crc32c", 32, [
    b.truncate(b.read(0), 32),
    b.constant(32, value.width / 8),
    b.zeroExtend(value, 64),
  ]);
  b.write(0, b.operandWidth(0) === 64 ? b.zeroExtend(sum, 64) : sum);
}

/** Bit tests, scans, counts and BMI. SDM 2 "Instruction Set Reference". */
export const BITS: Readonly<Record<string, Semantics>> = {
  bt: bitTest("none"),
  bts: bitTest("set"),
  btr: bitTest("reset"),
  btc: bitTest("complement"),
  bsf: scan(true),
  bsr: scan(false),
  tzcnt: count(true),
  lzcnt: count(false),
  popcnt: populationCount,
  blsr: lowestBit("blsr"),
  blsi: lowestBit("blsi"),
  blsmsk: lowestBit("blsmsk"),
  andn: andNot,
  bextr: extractField,
  bzhi: zeroHigh,
  pdep: scatter("deposit"),
  pext: scatter("extract"),
  mulx: multiplyFlagless,
  crc32,
};
