import { DF, readRflags, writeArithmeticFlags, ZF } from "../flags.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { GP, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { loadWords, storeWords } from "./linear-bytes.ts";
import {
  implicitSegment,
  load,
  memoryAddress,
  peek,
  poke,
  segmentAddress,
  setRegister,
  setStackPointer,
  stackPointer,
  stackProbe,
  stackWidth,
} from "./operands.ts";

const RAX = S.GPR;
const RBX = S.GPR + 6;
const RCX = S.GPR + 2;
const RDX = S.GPR + 4;
const RSP = S.GPR + 8;
const RBP = S.GPR + 10;

const pusha: Executor = (c, i) => {
  const width = i.instruction.operandSize;
  // From the top down, so that CR2 names the first slot that cannot be written.
  for (let n = 1; n <= 8; n++) if (!stackProbe(c, (n * width) / 8)) return STATUS_ABORTED;
  const size = width / 8;
  for (let n = 0; n < 8; n++) {
    poke(c, (n + 1) * size, size, c.s[S.GPR + 2 * n]!, 0);
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  }
  const next = stackPointer(c, -8 * size);
  setStackPointer(c, next, 0);
  return STATUS_NEXT;
};

const popa: Executor = (c, i) => {
  const size = i.instruction.operandSize / 8;
  const values: number[] = [];
  for (let n = 0; n < 8; n++) {
    values.push(peek(c, n * size, size));
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  }
  const next = stackPointer(c, 8 * size);
  setStackPointer(c, next, 0);
  values.forEach((value, n) => {
    if (n !== 3) setRegister(c, S.GPR + 2 * (7 - n), size * 8, value, 0);
  });
  return STATUS_NEXT;
};

/** Copies the `level - 1` outer frame pointers of ENTER below the pushed RBP. False when a fault is pending. */
function copyFramePointers(c: Processor, level: number, width: number): boolean {
  const size = width / 8;
  const is64 = c.in64BitMode;
  let pointer = { low: c.s[RBP]!, high: c.s[RBP + 1]! };
  for (let n = 1; n < level; n++) {
    const sum = (pointer.low >>> 0) - size;
    pointer = { low: sum | 0, high: is64 ? pointer.high - (sum < 0 ? 1 : 0) : 0 };
    const low = segmentAddress(c, S.SS, pointer.low, pointer.high, size, ACCESS_READ);
    if (c.fault !== FAULT_NONE) return false;
    const value = load(c, low, c.hi, size);
    if (c.fault !== FAULT_NONE) return false;
    poke(c, (n + 1) * size, size, value, c.hi);
    if (c.fault !== FAULT_NONE) return false;
  }
  return true;
}

// RSP moves at the very end: a fault leaves it alone, and a VM exit at any of the accesses saves it as it was.
const enter: Executor = (c, i) => {
  const [bytes, depth] = i.instruction.operands;
  if (bytes?.kind !== "immediate" || depth?.kind !== "immediate") return raise(c, UD);
  const width = i.instruction.operandSize;
  const size = width / 8;
  const level = depth.lo & 31;
  poke(c, size, size, c.s[RBP]!, c.s[RBP + 1]!);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const pointer = stackPointer(c, -size);
  const frameHigh = c.hi;
  const frame = stackWidth(c) === 16 ? (c.s[RSP]! & ~0xffff) | pointer : pointer;
  if (level > 0) {
    if (!copyFramePointers(c, level, width)) return STATUS_ABORTED;
    poke(c, (level + 1) * size, size, frame, frameHigh);
    if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  }
  const pushed = (level > 0 ? level + 1 : 1) * size;
  const distance = pushed + (bytes.lo & 0xffff);
  // The new top must be writable, or the instruction faults as a whole.
  if (!stackProbe(c, 0, distance) && c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const top = stackPointer(c, -distance);
  setStackPointer(c, top, c.hi);
  setRegister(c, RBP, width, frame, frameHigh);
  return STATUS_NEXT;
};

const xlat: Executor = (c, i) => {
  const width = i.instruction.addressSize;
  const sum = (c.s[RBX]! >>> 0) + (c.s[RAX]! & 0xff);
  const offset = width === 16 ? sum & 0xffff : sum | 0;
  const high = width === 64 ? (c.s[RBX + 1]! + (sum > 0xffffffff ? 1 : 0)) | 0 : 0;
  const low = segmentAddress(c, implicitSegment(i), offset, high, 1, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const value = c.load8(low, c.hi);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  setRegister(c, RAX, 8, value, 0);
  return STATUS_NEXT;
};

function setZero(c: Processor, zero: boolean): void {
  const flags = readRflags(c.s);
  writeArithmeticFlags(c.s, zero ? flags | ZF : flags & ~ZF);
}

/** The four words of EDX:EAX or RDX:RAX, or of ECX:EBX or RCX:RBX, in memory order. */
function pairWords(c: Processor, low: number, high: number, wide: boolean): number[] {
  return wide ? [c.s[low]!, c.s[low + 1]!, c.s[high]!, c.s[high + 1]!] : [c.s[low]!, c.s[high]!];
}

/** CMPXCHG8B and CMPXCHG16B: memory is written in any case. */
function compareExchange(c: Processor, i: Op, wide: boolean): number {
  const bytes = wide ? 16 : 8;
  const low = memoryAddress(c, i, bytes, ACCESS_WRITE);
  const at = { low, high: c.hi };
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  if (wide && (low & 15) !== 0) return raise(c, GP, 0);
  if (!c.probeWrite(at.low, at.high, bytes)) return STATUS_ABORTED;
  const found = loadWords(c, at, 0, bytes / 4);
  if (found === null) return STATUS_ABORTED;
  const equal = pairWords(c, RAX, RDX, wide).every((word, n) => word === found[n]);
  if (!storeWords(c, at, 0, equal ? pairWords(c, RBX, RCX, wide) : found)) return STATUS_ABORTED;
  if (!equal) {
    const width = wide ? 64 : 32;
    setRegister(c, RAX, width, found[0]!, found[1]!);
    setRegister(c, RDX, width, found[wide ? 2 : 1]!, found[3] ?? 0);
  }
  setZero(c, equal);
  return STATUS_NEXT;
}

/** Instructions of several memory accesses that must be all or nothing. SDM 2 "Instruction Set Reference". */
export const STACK_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  pusha,
  popa,
  enter,
  xlat,
  cmpxchg8b: (c, i) => compareExchange(c, i, false),
  cmpxchg16b: (c, i) => (hasFeature(c, "cx16") ? compareExchange(c, i, true) : raise(c, UD)),
  cld: (c) => {
    c.s[S.FLAG_SYSTEM]! &= ~DF;
    return STATUS_NEXT;
  },
  std: (c) => {
    c.s[S.FLAG_SYSTEM]! |= DF;
    return STATUS_NEXT;
  },
};
