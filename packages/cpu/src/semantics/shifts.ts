import type { Builder, Semantics, Value } from "../builder/builder.ts";

const RCX = 1;

/** The shift count masked as the operand size demands, as a 32-bit value. */
function maskedCount(b: Builder, position: number): Value {
  const raw = b.operandKind(position) === "other" ? b.readRegister(RCX, 8) : b.read(position, 8);
  return b.and(b.zeroExtend(raw, 32), b.constant(32, b.operandWidth(0) === 64 ? 63 : 31));
}

function shift(kind: "shl" | "shr" | "sar"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.readForWrite(0);
    const count = maskedCount(b, 1);
    const one = b.constant(32, 1);
    const result = b[kind](x, count);
    b.write(0, result);
    b.when(b.not(b.isZero(count)), () => {
      const before = b[kind](x, b.sub(count, one));
      const carry = kind === "shl" ? b.bit(before, width - 1) : b.bit(before, 0);
      const overflow =
        kind === "shl"
          ? b.xor(b.bit(result, width - 1), carry)
          : kind === "shr"
            ? b.bit(before, width - 1)
            : b.bit(b.constant(32, 0), 0);
      b.flagsShift(result, carry, overflow);
    });
  };
}

function rotate(left: boolean): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.readForWrite(0);
    const masked = maskedCount(b, 1);
    const count = b.and(masked, b.constant(32, width - 1));
    const back = b.and(b.sub(b.constant(32, width), count), b.constant(32, width - 1));
    const result = b.or(b.shl(x, left ? count : back), b.shr(x, left ? back : count));
    b.write(0, result);
    b.when(b.not(b.isZero(masked)), () => {
      const top = b.bit(result, width - 1);
      const carry = left ? b.bit(result, 0) : top;
      b.setCarryOverflow(carry, left ? b.xor(top, carry) : b.xor(top, b.bit(result, width - 2)));
    });
  };
}

function rotateCarry(left: number): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.readForWrite(0);
    const count = maskedCount(b, 1);
    const args = [b.constant(32, left), b.constant(32, width), b.zeroExtend(x, 64), count];
    // A store that faults must leave CF alone; the operand is proven writable, so it cannot.
    b.write(0, b.truncate(b.call("rotateThroughCarry", 64, args), width));
  };
}

function doubleShift(left: boolean): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.readForWrite(0);
    const y = b.read(1);
    const count = maskedCount(b, 2);
    const back = b.sub(b.constant(32, width), count);
    const none = b.isZero(count);
    const shifted = left ? b.or(b.shl(x, count), b.shr(y, back)) : b.or(b.shr(x, count), b.shl(y, back));
    const result = b.select(none, x, shifted);
    // Written even by a count of zero: 32 bits clear the upper half.
    b.write(0, result);
    b.when(b.not(none), () => {
      const one = b.constant(32, 1);
      const before = left ? b.shl(x, b.sub(count, one)) : b.shr(x, b.sub(count, one));
      const carry = b.bit(before, left ? width - 1 : 0);
      b.flagsShift(result, carry, b.xor(b.bit(result, width - 1), b.bit(x, width - 1)));
    });
  };
}

/** BMI2 shifts: no flags, count in the third operand. */
function flaglessShift(kind: "shl" | "shr" | "sar"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const count = b.and(b.truncate(b.read(2), 32), b.constant(32, width - 1));
    b.write(0, b[kind](b.read(1), count));
  };
}

function rotateRightImmediate(b: Builder): void {
  const width = b.operandWidth(0);
  const x = b.read(1);
  const count = b.and(b.read(2, 32), b.constant(32, width - 1));
  const back = b.and(b.sub(b.constant(32, width), count), b.constant(32, width - 1));
  b.write(0, b.select(b.isZero(count), x, b.or(b.shr(x, count), b.shl(x, back))));
}

/** Shifts and rotates. SDM 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD". */
export const SHIFTS: Readonly<Record<string, Semantics>> = {
  shl: shift("shl"),
  sal: shift("shl"),
  shr: shift("shr"),
  sar: shift("sar"),
  rol: rotate(true),
  ror: rotate(false),
  rcl: rotateCarry(1),
  rcr: rotateCarry(0),
  shld: doubleShift(true),
  shrd: doubleShift(false),
  shlx: flaglessShift("shl"),
  shrx: flaglessShift("shr"),
  sarx: flaglessShift("sar"),
  rorx: rotateRightImmediate,
};
