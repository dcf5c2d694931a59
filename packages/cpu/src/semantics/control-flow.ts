import type { Builder, OperandWidth, Semantics, Value } from "../builder/builder.ts";

const RCX = 1;
const RSP = 4;

/** Suffixes of Jcc, SETcc and CMOVcc in condition-code order. */
export const CONDITION_NAMES = [
  "o",
  "no",
  "b",
  "ae",
  "e",
  "ne",
  "be",
  "a",
  "s",
  "ns",
  "p",
  "np",
  "l",
  "ge",
  "le",
  "g",
] as const;

/** A 16-bit operand size cuts the target (outside 64-bit mode). */
function target(b: Builder, value: Value): Value {
  if (b.codeBits === 64) return value;
  return b.operandSize === 16
    ? b.and(value.width === 16 ? b.zeroExtend(value, 32) : value, b.constant(32, 0xffff))
    : value;
}

function relative(b: Builder): Value {
  return target(b, b.branchTarget());
}

function indirect(b: Builder): Value {
  const value = b.read(0);
  return b.codeBits === 64 ? value : value.width === 32 ? value : b.zeroExtend(value, 32);
}

/** Target of JMP and CALL, checked before anything is pushed. In 64-bit mode a displacement does not lead out of the canonical half. */
function destination(b: Builder): Value {
  const isRelative = b.operandKind(0) === "other";
  const to = isRelative ? relative(b) : indirect(b);
  if (!isRelative || b.codeBits !== 64) b.checkTarget(to);
  return to;
}

function returnWidth(b: Builder): OperandWidth {
  return b.codeBits === 64 ? 64 : b.operandSize;
}

function call(b: Builder): void {
  const to = destination(b);
  const width = returnWidth(b);
  b.push(width === 16 ? b.truncate(b.nextRip(), 16) : b.nextRip());
  b.jump(to);
}

function nearReturn(b: Builder): void {
  const width = returnWidth(b);
  const popped = b.pop(width);
  const to = width === 16 ? b.zeroExtend(popped, 32) : popped;
  b.checkTarget(to);
  if (b.operandKind(0) === "immediate") {
    const stack: OperandWidth = b.codeBits === 64 ? 64 : 32;
    b.writeRegister(RSP, b.add(b.readRegister(RSP, stack), b.zeroExtend(b.read(0, 16), stack)));
  }
  b.jump(to);
}

function conditional(b: Builder, taken: Value): void {
  b.jump(b.select(taken, relative(b), b.nextRip()));
}

function loop(extra: "always" | "equal" | "not-equal"): Semantics {
  return (b) => {
    const width = b.addressSize;
    const left = b.sub(b.readRegister(RCX, width), b.constant(width, 1));
    b.writeRegister(RCX, left);
    const more = b.not(b.isZero(left));
    conditional(b, extra === "always" ? more : b.and(more, extra === "equal" ? b.flag("Z") : b.not(b.flag("Z"))));
  };
}

function conditionals(): Record<string, Semantics> {
  const table: Record<string, Semantics> = {};
  CONDITION_NAMES.forEach((name, cc) => {
    table[`j${name}`] = (b) => conditional(b, b.condition(cc));
    table[`set${name}`] = (b) => b.write(0, b.fromTruth(b.condition(cc), 8));
    table[`cmov${name}`] = (b) => {
      const source = b.read(1);
      // A 32-bit CMOV clears the upper half even when the condition fails.
      b.write(0, b.select(b.condition(cc), source, b.read(0)));
    };
  });
  return table;
}

/** Near branches, SETcc, CMOVcc and carry-flag instructions. SDM 2 "Instruction Set Reference". */
export const CONTROL_FLOW: Readonly<Record<string, Semantics>> = {
  ...conditionals(),
  jmp: (b) => b.jump(destination(b)),
  call,
  ret: nearReturn,
  loop: loop("always"),
  loope: loop("equal"),
  loopne: loop("not-equal"),
  jcxz: (b) => conditional(b, b.isZero(b.readRegister(RCX, b.addressSize))),
  clc: (b) => b.setCarry(b.bit(b.constant(32, 0), 0)),
  stc: (b) => b.setCarry(b.bit(b.constant(32, 1), 0)),
  cmc: (b) => b.setCarry(b.not(b.flag("C"))),
};
