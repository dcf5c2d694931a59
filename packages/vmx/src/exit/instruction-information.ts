import type { Op } from "@hvdiff/cpu";

/*
 * The VM-exit instruction-information field (SDM 3C "Information for VM Exits Due to Instruction Execution"). Undefined bits are 0.
 */

const ADDRESS_16 = 0;
const ADDRESS_32 = 1 << 7;
const ADDRESS_64 = 2 << 7;
const REGISTER_FORM = 1 << 10;
const INDEX_INVALID = 1 << 22;
const BASE_INVALID = 1 << 27;
const OPERAND_32 = 1 << 11;

function addressSize(op: Op): number {
  const size = op.instruction.addressSize;
  return size === 64 ? ADDRESS_64 : size === 32 ? ADDRESS_32 : ADDRESS_16;
}

/** Number of the general-purpose register at an operand position; -1 if there is none. */
export function registerAt(op: Op, position: number): number {
  const operand = op.instruction.operands[position];
  return operand?.kind === "register" ? operand.index : -1;
}

/** Scaling, address size, segment, index and base of the memory operand; 0 without one. */
export function memoryInformation(op: Op): number {
  const memory = op.instruction.operands.find((operand) => operand.kind === "memory");
  if (memory?.kind !== "memory") return 0;
  const index = memory.index < 0 ? INDEX_INVALID : (memory.index << 18) | op.scale;
  const base = memory.base < 0 ? BASE_INVALID : memory.base << 23;
  return addressSize(op) | (memory.segment << 15) | index | base;
}

/** Memory operand, or register in bits 6:3 with bit 10 set. */
export function memoryOrRegister(op: Op, position: number): number {
  const register = registerAt(op, position);
  return register < 0 ? memoryInformation(op) : REGISTER_FORM | (register << 3);
}

/** VMREAD and VMWRITE: the operand that may be memory, and the register with the encoding in bits 31:28. */
export function fieldAccessInformation(op: Op, operand: number, encoding: number): number {
  return memoryOrRegister(op, operand) | (registerAt(op, encoding) << 28);
}

/** INVEPT, INVVPID, INVPCID: the type register in bits 31:28. */
export function invalidationInformation(op: Op): number {
  return memoryInformation(op) | (registerAt(op, 0) << 28);
}

/** RDRAND, RDSEED, TPAUSE, UMWAIT: register in bits 6:3 and operand size in bits 12:11. */
export function destinationInformation(op: Op): number {
  const size = op.instruction.operandSize;
  return (registerAt(op, 0) << 3) | ((size === 64 ? 2 : size === 32 ? 1 : 0) << 11);
}

const TABLE_IDENTITY: Readonly<Record<string, number>> = { sgdt: 0, sidt: 1, lgdt: 2, lidt: 3 };
const SELECTOR_IDENTITY: Readonly<Record<string, number>> = { sldt: 0, str: 1, lldt: 2, ltr: 3 };

/** LGDT, LIDT, SGDT, SIDT: which one in bits 29:28. */
export function tableInformation(op: Op): number {
  const size = op.instruction.operandSize === 32 ? OPERAND_32 : 0;
  return memoryInformation(op) | size | ((TABLE_IDENTITY[op.instruction.mnemonic] ?? 0) << 28);
}

/** LLDT, LTR, SLDT, STR: which one in bits 29:28. */
export function selectorInformation(op: Op): number {
  return memoryOrRegister(op, 0) | ((SELECTOR_IDENTITY[op.instruction.mnemonic] ?? 0) << 28);
}

/** INS and OUTS: address size, and the segment of OUTS. */
export function stringInformation(op: Op): number {
  return addressSize(op) | (op.segment << 15);
}
