import { CF, OF, SF, writeArithmeticFlags, ZF } from "../flags.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import { GPR, VECTOR_REGISTERS } from "../state-layout.ts";
import { A, B, type Lanes, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { isReady } from "./vector-need.ts";
import { readVector, type VectorTarget, vectorSource, writeVector } from "./vector-operands.ts";

/*
 * SDM 2 "Imm8 Control Byte Operation for PCMPESTRI / PCMPESTRM / PCMPISTRI / PCMPISTRM".
 * Bits of imm8: 0 words instead of bytes, 1 signed, 3:2 aggregation, 5:4 polarity, 6 last index or a mask of whole elements.
 */

const RAX = GPR;
const RCX = GPR + 2;
const RDX = GPR + 4;
const RANGES = 1;
const EQUAL_EACH = 2;
const EQUAL_ORDERED = 3;

type Elements = Int8Array | Uint8Array | Int16Array | Uint16Array;

function elementsOf(lanes: Lanes, format: number): Elements {
  switch (format) {
    case 0:
      return lanes.u8;
    case 1:
      return lanes.u16;
    case 2:
      return lanes.i8;
    default:
      return lanes.i16;
  }
}

/** Two strings: elements and how many of them count. The first is the set, the ranges or the pattern. */
interface Strings {
  readonly first: Elements;
  readonly second: Elements;
  readonly firstLength: number;
  readonly secondLength: number;
  /** Elements in a vector: 8 or 16. */
  readonly count: number;
}

function equalsAny({ first, firstLength }: Strings, value: number): boolean {
  for (let n = 0; n < firstLength; n++) if (first[n] === value) return true;
  return false;
}

function isInRange({ first, firstLength }: Strings, value: number): boolean {
  for (let n = 0; n + 1 < firstLength; n += 2) if (first[n]! <= value && value <= first[n + 1]!) return true;
  return false;
}

function matchesEach(strings: Strings, at: number): boolean {
  const hasFirst = at < strings.firstLength;
  const hasSecond = at < strings.secondLength;
  return hasFirst && hasSecond ? strings.first[at] === strings.second[at] : hasFirst === hasSecond;
}

/** Whether the pattern lies at a place, as far as the vector reaches. */
function matchesOrdered(strings: Strings, at: number): boolean {
  const end = Math.min(strings.firstLength, strings.count - at);
  for (let n = 0; n < end; n++)
    if (at + n >= strings.secondLength || strings.first[n] !== strings.second[at + n]) return false;
  return true;
}

function matches(strings: Strings, aggregation: number, at: number): boolean {
  if (aggregation === EQUAL_EACH) return matchesEach(strings, at);
  if (aggregation === EQUAL_ORDERED) return matchesOrdered(strings, at);
  if (at >= strings.secondLength) return false;
  return (aggregation === RANGES ? isInRange : equalsAny)(strings, strings.second[at]!);
}

/** A bit for each element of the second string (IntRes2). */
function compare(strings: Strings, control: number): number {
  let bits = 0;
  for (let n = 0; n < strings.count; n++) if (matches(strings, (control >> 2) & 3, n)) bits |= 1 << n;
  const polarity = (control >> 4) & 3;
  if (polarity === 1) bits ^= (1 << strings.count) - 1;
  if (polarity === 3) bits ^= (1 << strings.secondLength) - 1;
  return bits;
}

function implicitLength(elements: Elements, count: number): number {
  for (let n = 0; n < count; n++) if (elements[n] === 0) return n;
  return count;
}

/** The magnitude of EAX or EDX, of RAX or RDX with REX.W, as far as the vector reaches. */
function explicitLength(c: Processor, i: Op, word: number, count: number): number {
  const low = c.s[word]!;
  const high = i.instruction.operandSize === 64 ? c.s[word + 1]! : low >> 31;
  // A number of more than 32 bits is too large for any vector.
  if (high !== low >> 31) return count;
  return Math.min(count, Math.abs(low));
}

function stringsOf(c: Processor, i: Op, explicit: boolean): Strings {
  const format = i.immLow & 3;
  const count = (format & 1) === 0 ? 16 : 8;
  const [first, second] = [elementsOf(A, format), elementsOf(B, format)];
  return {
    first,
    second,
    count,
    firstLength: explicit ? explicitLength(c, i, RAX, count) : implicitLength(first, count),
    secondLength: explicit ? explicitLength(c, i, RDX, count) : implicitLength(second, count),
  };
}

function setFlags(c: Processor, strings: Strings, bits: number): void {
  let flags = 0;
  if (bits !== 0) flags |= CF;
  if (strings.secondLength < strings.count) flags |= ZF;
  if (strings.firstLength < strings.count) flags |= SF;
  if ((bits & 1) !== 0) flags |= OF;
  writeArithmeticFlags(c.s, flags);
}

type Output = (c: Processor, i: Op, bits: number, count: number) => void;

const toIndex: Output = (c, i, bits, count) => {
  const last = (i.immLow & 0x40) !== 0;
  const found = last ? 31 - Math.clz32(bits) : 31 - Math.clz32(bits & -bits);
  c.s[RCX] = bits === 0 ? count : found;
  c.s[RCX + 1] = 0;
};

function toMask(target: VectorTarget): Output {
  return (c, i, bits, count) => {
    R.i32.fill(0);
    if ((i.immLow & 0x40) === 0) R.i32[0] = bits;
    else for (let n = 0; n < 16; n++) R.i8[n] = ((bits >> (count === 16 ? n : n >> 1)) & 1) === 0 ? 0 : -1;
    writeVector(c, target, R);
  };
}

function compareStrings(explicit: boolean, isMask: boolean): VectorCompiler {
  return (form) => {
    const { need } = form;
    const first = vectorSource(form, 0);
    const second = vectorSource(form, 1);
    const output = isMask ? toMask({ word: VECTOR_REGISTERS, words: 4, end: form.isVex ? 16 : 4 }) : toIndex;
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      const strings = stringsOf(c, i, explicit);
      const bits = compare(strings, i.immLow);
      output(c, i, bits, strings.count);
      setFlags(c, strings, bits);
      return STATUS_NEXT;
    };
  };
}

/** String comparison. */
export const STRING_COMPARE: Readonly<Record<string, VectorCompiler>> = {
  pcmpestri: compareStrings(true, false),
  pcmpestrm: compareStrings(true, true),
  pcmpistri: compareStrings(false, false),
  pcmpistrm: compareStrings(false, true),
};
