import type { Builder, OperandWidth, Semantics, Value } from "../builder/builder.ts";

const RAX = 0;
const RDX = 2;

/** Second operand, an immediate sign-extended to the first's width. */
function source(b: Builder): Value {
  return b.read(1, b.operandWidth(0));
}

function addition(withCarry: boolean): Semantics {
  return (b) => {
    const x = b.readForWrite(0);
    const y = source(b);
    let sum = b.add(x, y);
    if (withCarry) sum = b.add(sum, b.fromTruth(b.flag("C"), b.operandWidth(0)));
    b.write(0, sum);
    b.flagsAdd(x, y, sum);
  };
}

function subtraction(withBorrow: boolean): Semantics {
  return (b) => {
    const x = b.readForWrite(0);
    const y = source(b);
    let difference = b.sub(x, y);
    if (withBorrow) difference = b.sub(difference, b.fromTruth(b.flag("C"), b.operandWidth(0)));
    b.write(0, difference);
    b.flagsSub(x, y, difference);
  };
}

function bitwise(operation: "and" | "or" | "xor"): Semantics {
  return (b) => {
    const result = b[operation](b.readForWrite(0), source(b));
    b.write(0, result);
    b.flagsLogic(result);
  };
}

function compare(b: Builder): void {
  const x = b.read(0);
  const y = source(b);
  b.flagsSub(x, y, b.sub(x, y));
}

function negate(b: Builder): void {
  const x = b.readForWrite(0);
  const zero = b.constant(b.operandWidth(0), 0);
  const result = b.sub(zero, x);
  b.write(0, result);
  b.flagsSub(zero, x, result);
}

function step(up: boolean): Semantics {
  return (b) => {
    const x = b.readForWrite(0);
    const one = b.constant(b.operandWidth(0), 1);
    const result = up ? b.add(x, one) : b.sub(x, one);
    b.write(0, result);
    if (up) b.flagsAddKeepCarry(x, one, result);
    else b.flagsSubKeepCarry(x, one, result);
  };
}

function exchangeAdd(b: Builder): void {
  const x = b.readForWrite(0);
  const y = b.read(1);
  const sum = b.add(x, y);
  if (b.operandKind(0) === "memory") {
    b.write(0, sum);
    b.write(1, x);
  } else {
    b.write(1, x);
    b.write(0, sum);
  }
  b.flagsAdd(x, y, sum);
}

function compareExchange(b: Builder): void {
  const width = b.operandWidth(0);
  const x = b.readForWrite(0);
  const accumulator = b.readRegister(RAX, width);
  const equal = b.equal(accumulator, x);
  const replacement = b.read(1);
  // Memory is written in either case, as the bus sees it; a register only on success, so that 32 bits do not clear the upper half.
  if (b.operandKind(0) === "memory") b.write(0, b.select(equal, replacement, x));
  else b.when(equal, () => b.write(0, replacement));
  b.when(b.not(equal), () => b.writeRegister(RAX, x));
  b.flagsSub(accumulator, x, b.sub(accumulator, x));
}

/** MUL and one-operand IMUL: the double-width product into AX or rDX:rAX; CF = OF = the upper half means something. */
function multiplyAccumulator(signed: boolean): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const x = b.readRegister(RAX, width);
    const y = b.read(0);
    const { low, high } = product(b, x, y, width, signed);
    if (width === 8)
      b.writeRegister(RAX, b.or(b.zeroExtend(low, 16), b.shl(b.zeroExtend(high, 16), b.constant(32, 8))));
    else {
      b.writeRegister(RAX, low);
      b.writeRegister(RDX, high);
    }
    const insignificant = signed ? b.equal(high, b.sar(low, b.constant(32, width - 1))) : b.isZero(high);
    const significant = b.not(insignificant);
    b.flagsShift(low, significant, significant);
  };
}

function product(b: Builder, x: Value, y: Value, width: OperandWidth, signed: boolean): { low: Value; high: Value } {
  if (width === 64) {
    return { low: b.call("mulLow64", 64, [x, y]), high: b.call(signed ? "imulHigh" : "mul64High", 64, [x, y]) };
  }
  const extend = (value: Value) => (signed ? b.signExtend(value, 64) : b.zeroExtend(value, 64));
  const wide = b.call("mulLow64", 64, [extend(x), extend(y)]);
  return { low: b.truncate(wide, width), high: b.truncate(b.shr(wide, b.constant(32, width)), width) };
}

/** Two- and three-operand IMUL. */
function multiply(b: Builder): void {
  const width = b.operandWidth(0);
  const three = b.operandKind(2) === "immediate";
  const x = three ? b.read(1) : b.read(0);
  const y = three ? b.read(2, width) : b.read(1);
  const { low, high } = product(b, x, y, width, true);
  b.write(0, low);
  const overflow = b.not(b.equal(high, b.sar(low, b.constant(32, width - 1))));
  b.flagsShift(low, overflow, overflow);
}

/** IMUL is one mnemonic for one to three operands. */
function imul(b: Builder): void {
  if (b.operandKind(1) === "other") multiplyAccumulator(true)(b);
  else multiply(b);
}

function division(helper: "divide" | "signedDivide"): Semantics {
  return (b) => {
    const width = b.operandWidth(0);
    const divisor = b.read(0);
    b.call(helper, 32, [b.constant(32, width), b.zeroExtend(divisor, 64)]);
  };
}

function addWithFlag(flag: "C" | "O"): Semantics {
  return (b) => {
    const x = b.read(0);
    const y = b.read(1);
    const partial = b.add(x, y);
    const sum = b.add(partial, b.fromTruth(b.flag(flag), b.operandWidth(0)));
    const carry = b.or(b.lessUnsigned(partial, x), b.lessUnsigned(sum, partial));
    b.write(0, sum);
    if (flag === "C") b.setCarryOverflow(carry, b.flag("O"));
    else b.setCarryOverflow(b.flag("C"), carry);
  };
}

/** Integer arithmetic and logic. SDM 2 "Instruction Set Reference". */
export const ARITHMETIC: Readonly<Record<string, Semantics>> = {
  add: addition(false),
  adc: addition(true),
  sub: subtraction(false),
  sbb: subtraction(true),
  cmp: compare,
  and: bitwise("and"),
  or: bitwise("or"),
  xor: bitwise("xor"),
  test: (b) => b.flagsLogic(b.and(b.read(0), source(b))),
  not: (b) => b.write(0, b.not(b.readForWrite(0))),
  neg: negate,
  inc: step(true),
  dec: step(false),
  xadd: exchangeAdd,
  cmpxchg: compareExchange,
  mul: multiplyAccumulator(false),
  imul,
  div: division("divide"),
  idiv: division("signedDivide"),
  adcx: addWithFlag("C"),
  adox: addWithFlag("O"),
};
