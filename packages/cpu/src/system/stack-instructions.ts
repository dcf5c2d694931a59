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
  push,
  segmentAddress,
  setRegister,
  setStackPointer,
  stackPointer,
  stackProbe,
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
  const sp = c.s[RSP]!;
  for (let n = 0; n < 8; n++) {
    push(c, n === 4 ? sp : c.s[S.GPR + 2 * n]!, 0, width);
    if (c.fault === FAULT_NONE) continue;
    c.s[RSP] = sp;
    return STATUS_ABORTED;
  }
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

/** Copies the `level - 1` outer frame pointers of ENTER. False when a fault is pending. */
function pushFramePointers(c: Processor, level: number, width: number): boolean {
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
    push(c, value, c.hi, width);
    if (c.fault !== FAULT_NONE) return false;
  }
  return true;
}

const enter: Executor = (c, i) => {
  const [size, depth] = i.instruction.operands;
  if (size?.kind !== "immediate" || depth?.kind !== "immediate") return raise(c, UD);
  const width = i.instruction.operandSize;
  const level = depth.lo & 31;
  const before = { low: c.s[RSP]!, high: c.s[RSP + 1]! };
  const undo = (): number => {
    c.s[RSP] = before.low;
    c.s[RSP + 1] = before.high;
    return STATUS_ABORTED;
  };
  push(c, c.s[RBP]!, c.s[RBP + 1]!, width);
  if (c.fault !== FAULT_NONE) return undo();
  const frame = c.s[RSP]!;
  const frameHigh = c.s[RSP + 1]!;
  if (level > 0) {
    if (!pushFramePointers(c, level, width)) return undo();
    push(c, frame, frameHigh, width);
    if (c.fault !== FAULT_NONE) return undo();
  }
  const top = stackPointer(c, -(size.lo & 0xffff));
  setStackPointer(c, top, c.hi);
  // The new top must be writable, or the instruction faults as a whole.
  if (!stackProbe(c, 0) && c.fault !== FAULT_NONE) return undo();
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
