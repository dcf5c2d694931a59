import type { Builder, OperandWidth, Semantics } from "../builder/builder.ts";

const RAX = 0;
const RDX = 2;
const RBP = 5;

function move(b: Builder): void {
  b.write(0, b.read(1, b.operandWidth(0)));
}

function exchange(b: Builder): void {
  // The memory operand comes first in either encoding order, so that a fault leaves both alone.
  const memory = b.operandKind(1) === "memory" ? 1 : 0;
  const first = b.readForWrite(memory);
  const second = b.read(1 - memory);
  b.write(memory, second);
  b.write(1 - memory, first);
}

function pushOperand(b: Builder): void {
  b.push(b.operandKind(0) === "immediate" ? b.read(0, b.operandSize) : b.read(0));
}

function popOperand(b: Builder): void {
  b.write(0, b.pop(b.operandSize));
}

function leave(b: Builder): void {
  b.writeRegister(RBP, b.popFrame(b.operandSize));
}

function extendAccumulator(from: OperandWidth, to: OperandWidth): Semantics {
  return (b) => b.writeRegister(RAX, b.signExtend(b.readRegister(RAX, from), to));
}

function spreadSign(width: OperandWidth): Semantics {
  return (b) => b.writeRegister(RDX, b.sar(b.readRegister(RAX, width), b.constant(32, width - 1)));
}

/** BSWAP. With 16 bits the SDM calls the result undefined; processors give zero. */
function byteSwap(b: Builder): void {
  b.write(0, b.operandSize === 16 ? b.constant(16, 0) : swapBytes(b, b.read(0), b.operandSize));
}

function swapBytes(b: Builder, value: ReturnType<Builder["read"]>, width: OperandWidth): ReturnType<Builder["read"]> {
  let result = b.constant(width, 0);
  const mask = b.constant(width, 255);
  for (let at = 0; at < width; at += 8) {
    const byte = b.and(b.shr(value, b.constant(32, at)), mask);
    result = b.or(result, b.shl(byte, b.constant(32, width - 8 - at)));
  }
  return result;
}

/** MOV, PUSH, POP, XCHG, conversions. SDM 2 "Instruction Set Reference". */
export const DATA_MOVEMENT: Readonly<Record<string, Semantics>> = {
  mov: move,
  movnti: move,
  movdiri: move,
  movzx: (b) => b.write(0, b.zeroExtend(b.read(1), b.operandWidth(0))),
  movsx: (b) => b.write(0, b.signExtend(b.read(1), b.operandWidth(0))),
  movsxd: (b) => {
    const source = b.read(1);
    b.write(0, source.width === b.operandWidth(0) ? source : b.signExtend(source, b.operandWidth(0)));
  },
  movbe: (b) => b.write(0, swapBytes(b, b.read(1), b.operandSize)),
  lea: (b) => {
    const address = b.effectiveAddress(1);
    b.write(0, b.operandWidth(0) === 64 ? address : b.truncate(address, b.operandWidth(0)));
  },
  xchg: exchange,
  push: pushOperand,
  pop: popOperand,
  leave,
  bswap: byteSwap,
  cbw: extendAccumulator(8, 16),
  cwde: extendAccumulator(16, 32),
  cdqe: extendAccumulator(32, 64),
  cwd: spreadSign(16),
  cdq: spreadSign(32),
  cqo: spreadSign(64),
  nop: () => {},
  endbr64: () => {},
  endbr32: () => {},
};
