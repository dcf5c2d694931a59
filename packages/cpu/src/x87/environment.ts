import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { inParagraphMode } from "../system/exceptions.ts";
import { unwaiting, waiting } from "./exceptions.ts";
import { loadImage, storeImage } from "./memory.ts";
import { isNormal, isZero, type Real, real } from "./real.ts";
import {
  controlWord,
  initialize,
  isEmpty,
  readStack,
  setAbridgedTags,
  setControlWord,
  setStatusWord,
  statusWord,
  writeRegister,
} from "./registers.ts";

const OPCODE_WORD = S.X87_STATE + 1;
const INSTRUCTION = S.X87_STATE + 2;
const DATA = S.X87_STATE + 4;
const ALL_MASKS = 0x3f;
const REGISTER_BYTES = 10;

const TAG_VALID = 0;
const TAG_ZERO = 1;
const TAG_SPECIAL = 2;
const TAG_EMPTY = 3;

/** What the environment says about the last instruction. */
interface Pointers {
  readonly opcode: number;
  readonly instruction: number;
  readonly instructionSelector: number;
  readonly data: number;
  readonly dataSelector: number;
}

function pointersOf(c: Processor): Pointers {
  const selectors = c.s[S.X87_SELECTORS]!;
  return {
    opcode: (c.s[OPCODE_WORD]! >>> 16) & 0x7ff,
    instruction: c.s[INSTRUCTION]!,
    instructionSelector: selectors & 0xffff,
    data: c.s[DATA]!,
    dataSelector: selectors >>> 16,
  };
}

function setPointers(c: Processor, p: Pointers): void {
  c.s[OPCODE_WORD] = (c.s[OPCODE_WORD]! & 0xffff) | (p.opcode << 16);
  c.s[INSTRUCTION] = p.instruction;
  c.s[INSTRUCTION + 1] = 0;
  c.s[DATA] = p.data;
  c.s[DATA + 1] = 0;
  c.s[S.X87_SELECTORS] = p.instructionSelector | (p.dataSelector << 16);
}

function tagOf(c: Processor, n: number): number {
  if (isEmpty(c, n)) return TAG_EMPTY;
  const value = readStack(c, n);
  if (isZero(value)) return TAG_ZERO;
  return isNormal(value) ? TAG_VALID : TAG_SPECIAL;
}

/** Two bits for each physical register, from what the registers hold. */
function fullTags(c: Processor): number {
  const top = (statusWord(c) >>> 11) & 7;
  let tags = 0;
  for (let n = 0; n < 8; n++) tags |= tagOf(c, n) << (2 * ((top + n) & 7));
  return tags;
}

function setFullTags(c: Processor, tags: number): void {
  let abridged = 0;
  for (let n = 0; n < 8; n++) if (((tags >>> (2 * n)) & 3) !== TAG_EMPTY) abridged |= 1 << n;
  setAbridgedTags(c, abridged);
}

/** A layout of the environment: seven words or doublewords, of which control, status and tag word come first. */
interface Layout {
  readonly bytes: 14 | 28;
  write(image: DataView, p: Pointers): void;
  read(image: DataView): Pointers;
}

/** SDM 1 "Protected Mode x87 FPU State Image in Memory, 32-Bit Format". */
const PROTECTED_32: Layout = {
  bytes: 28,
  write: (image, p) => {
    image.setInt32(12, p.instruction, true);
    image.setInt32(16, p.instructionSelector | (p.opcode << 16), true);
    image.setInt32(20, p.data, true);
    image.setInt32(24, p.dataSelector | -0x10000, true);
  },
  read: (image) => ({
    instruction: image.getInt32(12, true),
    instructionSelector: image.getUint16(16, true),
    opcode: image.getUint16(18, true) & 0x7ff,
    data: image.getInt32(20, true),
    dataSelector: image.getUint16(24, true),
  }),
};

/** SDM 1 "Real Mode x87 FPU State Image in Memory, 32-Bit Format": linear addresses in two parts. */
const REAL_32: Layout = {
  bytes: 28,
  write: (image, p) => {
    const instruction = ((p.instructionSelector << 4) + p.instruction) | 0;
    const data = ((p.dataSelector << 4) + p.data) | 0;
    image.setInt32(12, (instruction & 0xffff) | -0x10000, true);
    image.setInt32(16, ((instruction >>> 4) & 0x0ffff000) | p.opcode, true);
    image.setInt32(20, (data & 0xffff) | -0x10000, true);
    image.setInt32(24, (data >>> 4) & 0x0ffff000, true);
  },
  read: (image) => ({
    instruction: ((image.getInt32(16, true) & 0x0ffff000) << 4) | image.getUint16(12, true),
    instructionSelector: 0,
    opcode: image.getUint16(16, true) & 0x7ff,
    data: ((image.getInt32(24, true) & 0x0ffff000) << 4) | image.getUint16(20, true),
    dataSelector: 0,
  }),
};

/** SDM 1 "Protected Mode x87 FPU State Image in Memory, 16-Bit Format": without the opcode. */
const PROTECTED_16: Layout = {
  bytes: 14,
  write: (image, p) => {
    image.setUint16(6, p.instruction, true);
    image.setUint16(8, p.instructionSelector, true);
    image.setUint16(10, p.data, true);
    image.setUint16(12, p.dataSelector, true);
  },
  read: (image) => ({
    instruction: image.getUint16(6, true),
    instructionSelector: image.getUint16(8, true),
    opcode: 0,
    data: image.getUint16(10, true),
    dataSelector: image.getUint16(12, true),
  }),
};

/** SDM 1 "Real Mode x87 FPU State Image in Memory, 16-Bit Format". */
const REAL_16: Layout = {
  bytes: 14,
  write: (image, p) => {
    const instruction = (p.instructionSelector << 4) + p.instruction;
    const data = (p.dataSelector << 4) + p.data;
    image.setUint16(6, instruction, true);
    image.setUint16(8, ((instruction >>> 4) & 0xf000) | p.opcode, true);
    image.setUint16(10, data, true);
    image.setUint16(12, (data >>> 4) & 0xf000, true);
  },
  read: (image) => ({
    instruction: ((image.getUint16(8, true) & 0xf000) << 4) | image.getUint16(6, true),
    instructionSelector: 0,
    opcode: image.getUint16(8, true) & 0x7ff,
    data: ((image.getUint16(12, true) & 0xf000) << 4) | image.getUint16(10, true),
    dataSelector: 0,
  }),
};

function layoutOf(c: Processor, i: Op): Layout {
  const narrow = i.instruction.operandSize === 16;
  if (inParagraphMode(c)) return narrow ? REAL_16 : REAL_32;
  return narrow ? PROTECTED_16 : PROTECTED_32;
}

/** Control, status and tag word, and the pointers. What is left of a doubleword is ones. */
function writeEnvironment(c: Processor, layout: Layout, image: DataView): void {
  const step = layout.bytes / 7;
  [controlWord(c), statusWord(c), fullTags(c)].forEach((word, n) => {
    if (step === 4) image.setInt32(n * 4, word | -0x10000, true);
    else image.setUint16(n * 2, word, true);
  });
  layout.write(image, pointersOf(c));
}

function readEnvironment(c: Processor, layout: Layout, image: DataView): void {
  const step = layout.bytes / 7;
  setStatusWord(c, image.getUint16(step, true));
  setFullTags(c, image.getUint16(2 * step, true));
  setControlWord(c, image.getUint16(0, true));
  setPointers(c, layout.read(image));
}

const fnstenv: Executor = (c, i) => {
  const layout = layoutOf(c, i);
  const image = new DataView(new ArrayBuffer(layout.bytes));
  writeEnvironment(c, layout, image);
  if (!storeImage(c, i, image)) return STATUS_ABORTED;
  setControlWord(c, controlWord(c) | ALL_MASKS);
  return STATUS_NEXT;
};

const fldenv: Executor = (c, i) => {
  const layout = layoutOf(c, i);
  const image = loadImage(c, i, layout.bytes);
  if (image === null) return STATUS_ABORTED;
  const top = (statusWord(c) >>> 11) & 7;
  const registers = physicalRegisters(c, top);
  readEnvironment(c, layout, image);
  placeRegisters(c, registers);
  return STATUS_NEXT;
};

/** Contents by physical register, for a change of TOP that moves none of them. */
function physicalRegisters(c: Processor, top: number): readonly Real[] {
  return Array.from({ length: 8 }, (_, n) => readStack(c, (n - top) & 7));
}

function placeRegisters(c: Processor, registers: readonly Real[]): void {
  const top = (statusWord(c) >>> 11) & 7;
  registers.forEach((value, n) => {
    writeRegister(c, (n - top) & 7, value);
  });
}

const fnsave: Executor = (c, i) => {
  const layout = layoutOf(c, i);
  const image = new DataView(new ArrayBuffer(layout.bytes + 8 * REGISTER_BYTES));
  writeEnvironment(c, layout, image);
  for (let n = 0; n < 8; n++) {
    const at = layout.bytes + n * REGISTER_BYTES;
    const value = readStack(c, n);
    image.setInt32(at, value.low, true);
    image.setInt32(at + 4, value.high, true);
    image.setUint16(at + 8, (value.sign << 15) | value.exponent, true);
  }
  if (!storeImage(c, i, image)) return STATUS_ABORTED;
  initialize(c);
  return STATUS_NEXT;
};

const frstor: Executor = (c, i) => {
  const layout = layoutOf(c, i);
  const image = loadImage(c, i, layout.bytes + 8 * REGISTER_BYTES);
  if (image === null) return STATUS_ABORTED;
  readEnvironment(c, layout, image);
  for (let n = 0; n < 8; n++) {
    const at = layout.bytes + n * REGISTER_BYTES;
    const head = image.getUint16(at + 8, true);
    writeRegister(c, n, real(head >>> 15, head & 0x7fff, image.getInt32(at + 4, true), image.getInt32(at, true)));
  }
  return STATUS_NEXT;
};

/** FSTENV, FLDENV, FSAVE, FRSTOR in the four formats. SDM 1 "Saving the x87 FPU's State". */
export const X87_ENVIRONMENT: Readonly<Record<string, Executor>> = {
  fnstenv: unwaiting(fnstenv),
  fldenv: waiting(fldenv),
  fnsave: unwaiting(fnsave),
  frstor: waiting(frstor),
};
