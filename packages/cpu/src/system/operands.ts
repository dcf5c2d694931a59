import type { RegisterOperand } from "../decode/instruction.ts";
import type { Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE, type Access } from "../virtualization.ts";
import { GP, inParagraphMode, SS as VECTOR_SS } from "./exceptions.ts";

const UNUSABLE = 1 << 16;
const TYPE_CODE = 8;
const TYPE_EXPAND_DOWN = 4;
const TYPE_READ_WRITE = 2;
const BIG = 1 << 14;
const SS_WORD = S.SEGMENTS + S.SS * S.SEGMENT_STRIDE;
const RSP = S.GPR + 8;
const RBP = S.GPR + 10;

/**
 * Linear address of `size` bytes at an offset in a segment, outside 64-bit mode. A failed limit or type check leaves #GP(0), or #SS(0)
 * for the stack segment, pending.
 */
export function linear(c: Processor, segment: number, offset: number, size: number, access: Access): number {
  const s = c.s;
  const at = S.SEGMENTS + segment * S.SEGMENT_STRIDE;
  const rights = s[at + S.SEGMENT_ACCESS]! & (UNUSABLE | TYPE_CODE | TYPE_READ_WRITE);
  const typeFits = access === ACCESS_WRITE ? rights === TYPE_READ_WRITE : rights < UNUSABLE && rights !== TYPE_CODE;
  if ((!typeFits && !inParagraphMode(c)) || !withinLimit(s, at, offset >>> 0, size)) {
    c.raise(segment === S.SS ? VECTOR_SS : GP, 0);
    return 0;
  }
  return (s[at + S.SEGMENT_BASE]! + offset) | 0;
}

function withinLimit(s: Int32Array, at: number, offset: number, size: number): boolean {
  const limit = s[at + S.SEGMENT_LIMIT]! >>> 0;
  const last = offset + size - 1;
  const rights = s[at + S.SEGMENT_ACCESS]!;
  if ((rights & (TYPE_CODE | TYPE_EXPAND_DOWN)) !== TYPE_EXPAND_DOWN) return last <= limit;
  return offset > limit && last <= ((rights & BIG) !== 0 ? 0xffffffff : 0xffff);
}

/** Whether `size` bytes at an offset lie within a segment described by limit and access rights. */
export function limitHolds(limit: number, rights: number, offset: number, size: number): boolean {
  const last = (offset >>> 0) + size - 1;
  if ((rights & (TYPE_CODE | TYPE_EXPAND_DOWN)) !== TYPE_EXPAND_DOWN) return last <= limit >>> 0;
  return offset >>> 0 > limit >>> 0 && last <= ((rights & BIG) !== 0 ? 0xffffffff : 0xffff);
}

/** Offset of the memory operand in its segment, wrapped to the address size: low half; the high half is in `c.hi`. */
export function effectiveAddress(c: Processor, i: Op): number {
  const s = c.s;
  const width = i.instruction.addressSize;
  const baseLow = s[i.base]!;
  const indexLow = s[i.index]!;
  const shift = i.scale;
  if (width !== 64) {
    const sum = baseLow + (indexLow << shift) + i.dispLow;
    c.hi = 0;
    return width === 16 ? sum & 0xffff : sum | 0;
  }
  const scaledHigh = shift === 0 ? s[i.index + 1]! : (s[i.index + 1]! << shift) | (indexLow >>> (32 - shift));
  const low = (baseLow >>> 0) + ((indexLow << shift) >>> 0) + (i.dispLow >>> 0);
  c.hi = (s[i.base + 1]! + scaledHigh + i.dispHigh + Math.floor(low / 4294967296)) | 0;
  return low | 0;
}

/**
 * Linear address of the memory operand: low half, with the high half in `c.hi`. Outside 64-bit mode the segment is checked and a fault
 * may be pending afterwards.
 */
export function memoryAddress(c: Processor, i: Op, size: number, access: Access): number {
  const offset = effectiveAddress(c, i);
  return segmentAddress(c, i.segment, offset, c.hi, size, access);
}

/** Linear address of an offset in a segment in any mode; see `memoryAddress`. */
export function segmentAddress(
  c: Processor,
  segment: number,
  low: number,
  high: number,
  size: number,
  access: Access,
): number {
  if (!c.in64BitMode) {
    const at = linear(c, segment, low, size, access);
    c.hi = 0;
    return at;
  }
  c.hi = high;
  if (segment < S.FS) return low;
  const word = S.SEGMENTS + segment * S.SEGMENT_STRIDE + S.SEGMENT_BASE;
  const sum = (low >>> 0) + (c.s[word]! >>> 0);
  c.hi = (high + c.s[word + 1]! + (sum > 0xffffffff ? 1 : 0)) | 0;
  return sum | 0;
}

/** Segment of a memory operand that no ModRM byte names: DS or its override. */
export function implicitSegment(i: Op): number {
  return i.instruction.segment ?? S.DS;
}

/** Loads 1, 2, 4 or 8 bytes, zero-extended. */
export function load(c: Processor, low: number, high: number, size: number): number {
  if (size === 8) return c.load64(low, high);
  const value = size === 4 ? c.load32(low, high) : size === 2 ? c.load16(low, high) : c.load8(low, high);
  c.hi = 0;
  return value;
}

/** Stores 1, 2, 4 or 8 bytes. */
export function store(c: Processor, low: number, high: number, size: number, value: number, valueHigh: number): void {
  if (size === 8) c.store64(low, high, value, valueHigh);
  else if (size === 4) c.store32(low, high, value);
  else if (size === 2) c.store16(low, high, value);
  else c.store8(low, high, value);
}

/** Value of operand `k` zero-extended: low half; the high half is in `c.hi`. A fault may be pending. */
export function readOperand(c: Processor, i: Op, k: number): number {
  const operand = i.instruction.operands[k]!;
  if (operand.kind === "register") return readRegister(c, operand);
  if (operand.kind === "immediate") {
    c.hi = operand.hi;
    return operand.lo;
  }
  if (operand.kind !== "memory") return 0;
  const size = operand.size / 8;
  const low = memoryAddress(c, i, size, ACCESS_READ);
  return c.fault === FAULT_NONE ? load(c, low, c.hi, size) : 0;
}

/** Writes operand `k`. False when a fault is pending. */
export function writeOperand(c: Processor, i: Op, k: number, value: number, valueHigh: number): boolean {
  const operand = i.instruction.operands[k]!;
  if (operand.kind === "register") {
    writeRegister(c, operand, value, valueHigh);
    return true;
  }
  if (operand.kind !== "memory") return true;
  const size = operand.size / 8;
  const low = memoryAddress(c, i, size, ACCESS_WRITE);
  if (c.fault === FAULT_NONE) store(c, low, c.hi, size, value, valueHigh);
  return c.fault === FAULT_NONE;
}

/** A general-purpose register, zero-extended. */
function readRegister(c: Processor, operand: RegisterOperand): number {
  const word = S.GPR + operand.index * 2;
  const value = c.s[word]!;
  c.hi = operand.size === 64 ? c.s[word + 1]! : 0;
  if (operand.size >= 32) return value;
  if (operand.size === 16) return value & 0xffff;
  return operand.high8 ? (value >>> 8) & 0xff : value & 0xff;
}

function writeRegister(c: Processor, operand: RegisterOperand, value: number, valueHigh: number): void {
  const word = S.GPR + operand.index * 2;
  const old = c.s[word]!;
  if (operand.high8) c.s[word] = (old & ~0xff00) | ((value & 0xff) << 8);
  else setRegister(c, word, operand.size, value, valueHigh);
}

/** Writes 8, 16, 32 or 64 bits of a register by word offset; 32-bit writes clear the upper half. */
export function setRegister(c: Processor, word: number, size: number, value: number, valueHigh: number): void {
  const s = c.s;
  if (size === 8) s[word] = (s[word]! & ~0xff) | (value & 0xff);
  else if (size === 16) s[word] = (s[word]! & ~0xffff) | (value & 0xffff);
  else {
    s[word] = value;
    s[word + 1] = size === 64 ? valueHigh : 0;
  }
}

/** Bits of the stack pointer: 64 in 64-bit mode, else by SS.B. */
export function stackWidth(c: Processor): 16 | 32 | 64 {
  if (c.in64BitMode) return 64;
  return (c.s[SS_WORD + S.SEGMENT_ACCESS]! & BIG) !== 0 ? 32 : 16;
}

/** RSP displaced by a signed number of bytes and wrapped to the stack width; the high half is in `c.hi`. */
export function stackPointer(c: Processor, displacement: number): number {
  const s = c.s;
  const width = stackWidth(c);
  if (width !== 64) {
    c.hi = 0;
    const sum = s[RSP]! + displacement;
    return width === 16 ? sum & 0xffff : sum | 0;
  }
  const sum = (s[RSP]! >>> 0) + displacement;
  c.hi = (s[RSP + 1]! + Math.floor(sum / 4294967296)) | 0;
  return sum | 0;
}

/** Moves RSP; only SP with a 16-bit stack. */
export function setStackPointer(c: Processor, low: number, high: number): void {
  setRegister(c, RSP, stackWidth(c), low, high);
}

/** Pushes a value of 16, 32 or 64 bits. RSP is as before when a fault is pending. */
export function push(c: Processor, low: number, high: number, width: number): void {
  const size = width / 8;
  poke(c, size, size, low, high);
  if (c.fault !== FAULT_NONE) return;
  const next = stackPointer(c, -size);
  setStackPointer(c, next, c.hi);
}

/** Writes the stack at a distance below its top without moving RSP, which a VM exit in the middle would save. */
export function poke(c: Processor, distance: number, size: number, low: number, high: number): void {
  const offset = stackPointer(c, -distance);
  const at = segmentAddress(c, S.SS, offset, c.hi, size, ACCESS_WRITE);
  if (c.fault !== FAULT_NONE) return;
  store(c, at, c.hi, size, low, high);
  if (c.fault !== FAULT_NONE) stackFault(c);
}

/** Pops a value of 16, 32 or 64 bits: low half; the high half is in `c.hi`. RSP is as before when a fault is pending. */
export function pop(c: Processor, width: number): number {
  const size = width / 8;
  const value = peek(c, 0, size);
  if (c.fault !== FAULT_NONE) return 0;
  const valueHigh = c.hi;
  const next = stackPointer(c, size);
  setStackPointer(c, next, c.hi);
  c.hi = valueHigh;
  return value;
}

/** LEAVE outside 64-bit mode: pops what BP or EBP points to. RSP is as before when a fault is pending. */
export function popFrame(c: Processor, width: number): number {
  const size = width / 8;
  const mask = stackWidth(c) === 16 ? 0xffff : -1;
  const offset = c.s[RBP]! & mask;
  const at = segmentAddress(c, S.SS, offset, 0, size, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return 0;
  const value = load(c, at, c.hi, size);
  if (c.fault !== FAULT_NONE) stackFault(c);
  else setStackPointer(c, (offset + size) & mask, 0);
  return value;
}

/** Reads the stack at a distance from its top without moving RSP. */
export function peek(c: Processor, distance: number, size: number): number {
  const offset = stackPointer(c, distance);
  const at = segmentAddress(c, S.SS, offset, c.hi, size, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return 0;
  const value = load(c, at, c.hi, size);
  if (c.fault !== FAULT_NONE) stackFault(c);
  return value;
}

/**
 * Proves that bytes below the top of the stack can be written. False when a fault is pending.
 * @param distance where they start, below the top
 */
export function stackProbe(c: Processor, bytes: number, distance = bytes): boolean {
  const offset = stackPointer(c, -distance);
  const at = segmentAddress(c, S.SS, offset, c.hi, bytes, ACCESS_WRITE);
  if (c.fault !== FAULT_NONE) return false;
  if (c.probeWrite(at, c.hi, bytes)) return true;
  stackFault(c);
  return false;
}

/** A non-canonical stack address is #SS(0). */
function stackFault(c: Processor): void {
  if (c.nonCanonical) c.raise(VECTOR_SS, 0);
}
