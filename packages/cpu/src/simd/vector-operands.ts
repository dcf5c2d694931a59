import type { Operand, RegisterClass } from "../decode/instruction.ts";
import type { Op } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { VECTOR_REGISTERS } from "../state-layout.ts";
import { load } from "../system/operands.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import type { Lanes } from "./lanes.ts";
import { mmxWord, writeMmx } from "./mmx-registers.ts";
import type { VectorForm } from "./vector-instruction.ts";
import { loadLanes, storeLanes, vectorAddress } from "./vector-memory.ts";

/** Words of a register's place in the state. VEX-encoded instructions clear all above the vector they write. */
const REGISTER_WORDS = 16;
const MEMORY = -1;
const FIRST_MMX = -2;

const CLASS_WORDS: Readonly<Partial<Record<RegisterClass, number>>> = { mmx: 2, xmm: 4, ymm: 8 };

/** Legacy instructions with 16-byte memory operands that need not be aligned. */
const UNALIGNED = /^(movups|movupd|movdqu|lddqu|pcmp[ei]str[im])$/;
/** Instructions whose memory operand must be aligned under VEX too. */
const ALIGNED = /^v(movaps|movapd|movdqa|movntps|movntpd|movntdq|movntdqa)$/;

/** A vector operand, resolved: where it lies and how much of it there is. */
export interface VectorSource {
  /** State word of an XMM or YMM register, `MEMORY`, or `FIRST_MMX` less the number of an MMX register. */
  readonly word: number;
  readonly bytes: number;
  /** Address bits that must be clear. */
  readonly alignment: number;
}

/** A vector register that is written: `end` is how many of its words change. */
export interface VectorTarget {
  readonly word: number;
  readonly words: number;
  readonly end: number;
}

function registerWord(operand: Operand): number {
  if (operand.kind !== "register") return MEMORY;
  return operand.class === "mmx" ? FIRST_MMX - operand.index : VECTOR_REGISTERS + operand.index * REGISTER_WORDS;
}

function alignmentOf(form: VectorForm, bytes: number): number {
  const { mnemonic } = form.instruction;
  const aligned = form.isVex ? ALIGNED.test(mnemonic) : bytes === 16 && !UNALIGNED.test(mnemonic);
  return aligned ? bytes - 1 : 0;
}

/** Bytes of a register or memory operand. */
export function operandBytes(operand: Operand): number {
  if (operand.kind === "register") return (CLASS_WORDS[operand.class] ?? operand.size / 32) * 4;
  return operand.kind === "memory" ? operand.size / 8 : 0;
}

/** Operand `k` as a source. Of a register the whole vector is read, of memory what the instruction says. */
export function vectorSource(form: VectorForm, k: number): VectorSource {
  const operand = form.instruction.operands[k]!;
  const bytes = operandBytes(operand);
  return { word: registerWord(operand), bytes, alignment: alignmentOf(form, bytes) };
}

/** XMM or YMM register `index` as a source that the encoding does not name. */
export function registerSource(index: number, bytes: number): VectorSource {
  return { word: VECTOR_REGISTERS + index * REGISTER_WORDS, bytes, alignment: 0 };
}

/** Register operand `k` as a target that is wholly written, by legacy encodings only as far as the vector reaches. */
export function vectorTarget(form: VectorForm, k: number): VectorTarget {
  const operand = form.instruction.operands[k]!;
  const words = operandBytes(operand) / 4;
  return { word: registerWord(operand), words, end: form.isVex ? REGISTER_WORDS : words };
}

/** Copies a source to lanes; of registers at least 128 bits. False when a fault is pending. */
export function readVector(c: Processor, i: Op, source: VectorSource, into: Lanes): boolean {
  const { word } = source;
  if (word >= 0) copyRegister(c.s, word, into.i32, source.bytes);
  else if (word === MEMORY) return readMemory(c, i, source, into);
  else readMmx(c, FIRST_MMX - word, into.i32);
  return true;
}

/** Written out, since it is most of what many instructions do. */
function copyRegister(s: Int32Array, word: number, to: Int32Array, bytes: number): void {
  to[0] = s[word]!;
  to[1] = s[word + 1]!;
  to[2] = s[word + 2]!;
  to[3] = s[word + 3]!;
  if (bytes <= 16) return;
  to[4] = s[word + 4]!;
  to[5] = s[word + 5]!;
  to[6] = s[word + 6]!;
  to[7] = s[word + 7]!;
}

function readMmx(c: Processor, index: number, to: Int32Array): void {
  const word = mmxWord(c, index);
  to[0] = c.s[word]!;
  to[1] = c.s[word + 1]!;
}

function readMemory(c: Processor, i: Op, source: VectorSource, into: Lanes): boolean {
  const { bytes } = source;
  const low = vectorAddress(c, i, bytes, source.alignment, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return false;
  if (bytes >= 4) return loadLanes(c, low, c.hi, bytes >> 2, into.i32, 0);
  into.i32[0] = load(c, low, c.hi, bytes);
  return c.fault === FAULT_NONE;
}

/** Copies lanes to a register and clears what the encoding clears. */
export function writeVector(c: Processor, target: VectorTarget, from: Lanes): void {
  const { word, words, end } = target;
  const values = from.i32;
  if (word < 0) {
    writeMmx(c, FIRST_MMX - word, values[0]!, values[1]!);
    return;
  }
  const s = c.s;
  for (let n = 0; n < words; n++) s[word + n] = values[n]!;
  if (end !== words) clearAbove(c, word, words);
}

/** Clears a register from a word on, an even number of them at a time. */
export function clearAbove(c: Processor, word: number, first: number): void {
  const end = (word + REGISTER_WORDS) >> 1;
  const f64 = c.f64;
  if ((first & 1) !== 0) c.s[word + first] = 0;
  for (let at = (word + first + 1) >> 1; at < end; at++) f64[at] = 0;
}

/** Stores as many bytes as the memory operand has, a multiple of four, from a word of the lanes on. False when a fault is pending. */
export function storeVector(c: Processor, i: Op, memory: VectorSource, from: Lanes, first = 0): boolean {
  const low = vectorAddress(c, i, memory.bytes, memory.alignment, ACCESS_WRITE);
  return c.fault === FAULT_NONE && storeLanes(c, low, c.hi, memory.bytes >> 2, from.i32, first);
}
