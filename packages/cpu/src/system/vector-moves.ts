import type { Operand } from "../decode/instruction.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { VECTOR_REGISTERS } from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { GP } from "./exceptions.ts";
import { loadWords, storeWords } from "./linear-bytes.ts";
import { memoryAddress, readOperand, writeOperand } from "./operands.ts";
import { beginSse } from "./xsave-instructions.ts";

const XMM_WORDS = 4;

function isXmm(operand: Operand | undefined): operand is Operand & { kind: "register" } {
  return operand?.kind === "register" && operand.class === "xmm";
}

function vectorWord(operand: { readonly index: number }): number {
  return VECTOR_REGISTERS + operand.index * 16;
}

/** Address of the vector operand in memory; #GP(0) if it must be aligned and is not. Null when a fault is pending. */
function vectorAddress(c: Processor, i: Op, words: number, aligned: boolean, write: boolean) {
  const low = memoryAddress(c, i, words * 4, write ? ACCESS_WRITE : ACCESS_READ);
  if (c.fault !== FAULT_NONE) return null;
  if (!aligned || (low & 15) === 0) return { low, high: c.hi };
  c.raise(GP, 0);
  return null;
}

/** The first words of an XMM or memory operand. Null when a fault is pending. */
function readVector(c: Processor, i: Op, k: number, words: number, aligned: boolean): number[] | null {
  const operand = i.instruction.operands[k];
  if (isXmm(operand)) return Array.from(c.s.subarray(vectorWord(operand), vectorWord(operand) + words));
  const at = vectorAddress(c, i, words, aligned, false);
  return at === null ? null : loadWords(c, at, 0, words);
}

/** Stores to memory after proving all of it. False when a fault is pending. */
function writeMemory(c: Processor, i: Op, values: readonly number[], aligned: boolean): boolean {
  const at = vectorAddress(c, i, values.length, aligned, true);
  if (at === null || !c.probeWrite(at.low, at.high, values.length * 4)) return false;
  return storeWords(c, at, 0, values);
}

function unsupported(c: Processor, i: Op): number {
  c.stopUnimplemented(`${i.instruction.mnemonic} with these operands`, i.instruction.bytes);
  return STATUS_ABORTED;
}

/** Whole-register moves. */
function moveVector(aligned: boolean): Executor {
  return (c, i) => {
    const status = beginSse(c);
    if (status !== STATUS_NEXT) return status;
    const [destination] = i.instruction.operands;
    const values = readVector(c, i, 1, XMM_WORDS, aligned);
    if (values === null) return STATUS_ABORTED;
    if (isXmm(destination)) c.s.set(values, vectorWord(destination));
    else if (destination?.kind !== "memory") return unsupported(c, i);
    else if (!writeMemory(c, i, values, aligned)) return STATUS_ABORTED;
    return STATUS_NEXT;
  };
}

type Bitwise = (a: number, b: number) => number;

function bitwise(operate: Bitwise): Executor {
  return (c, i) => {
    const status = beginSse(c);
    if (status !== STATUS_NEXT) return status;
    const [destination] = i.instruction.operands;
    if (!isXmm(destination)) return unsupported(c, i);
    const source = readVector(c, i, 1, XMM_WORDS, true);
    if (source === null) return STATUS_ABORTED;
    const word = vectorWord(destination);
    source.forEach((value, n) => {
      c.s[word + n] = operate(c.s[word + n]!, value);
    });
    return STATUS_NEXT;
  };
}

/** MOVD and MOVQ between XMM and general registers or memory: the rest of a destination XMM register becomes zero. */
const moveScalar: Executor = (c, i) => {
  const status = beginSse(c);
  if (status !== STATUS_NEXT) return status;
  const [destination, source] = i.instruction.operands;
  const words = i.instruction.mnemonic === "movd" ? 1 : 2;
  if (isXmm(destination)) {
    const values = isXmm(source) ? readVector(c, i, 1, words, false) : [readOperand(c, i, 1), c.hi];
    if (values === null || c.fault !== FAULT_NONE) return STATUS_ABORTED;
    c.s.set([values[0]!, words === 2 ? values[1]! : 0, 0, 0], vectorWord(destination));
    return STATUS_NEXT;
  }
  if (!isXmm(source)) return unsupported(c, i);
  const word = vectorWord(source);
  return writeOperand(c, i, 0, c.s[word]!, words === 2 ? c.s[word + 1]! : 0) ? STATUS_NEXT : STATUS_ABORTED;
};

const vzeroupper: Executor = (c) => {
  const registers = c.in64BitMode ? 16 : 8;
  for (let n = 0; n < registers; n++) c.s.fill(0, VECTOR_REGISTERS + n * 16 + 4, VECTOR_REGISTERS + n * 16 + 16);
  return STATUS_NEXT;
};

const and: Bitwise = (a, b) => a & b;
const andNot: Bitwise = (a, b) => ~a & b;
const or: Bitwise = (a, b) => a | b;
const xor: Bitwise = (a, b) => a ^ b;

/** SSE moves and bitwise operations on XMM registers, as far as saving and clearing state needs them. */
export const VECTOR_MOVES: Readonly<Record<string, Executor>> = {
  movups: moveVector(false),
  movupd: moveVector(false),
  movdqu: moveVector(false),
  lddqu: moveVector(false),
  movaps: moveVector(true),
  movapd: moveVector(true),
  movdqa: moveVector(true),
  movntps: moveVector(true),
  movntpd: moveVector(true),
  movntdq: moveVector(true),
  movntdqa: moveVector(true),
  movd: moveScalar,
  movq: moveScalar,
  andps: bitwise(and),
  andpd: bitwise(and),
  pand: bitwise(and),
  andnps: bitwise(andNot),
  andnpd: bitwise(andNot),
  pandn: bitwise(andNot),
  orps: bitwise(or),
  orpd: bitwise(or),
  por: bitwise(or),
  xorps: bitwise(xor),
  xorpd: bitwise(xor),
  pxor: bitwise(xor),
  vzeroupper,
};
