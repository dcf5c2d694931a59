import { isNormal32, isOrdinary32 } from "../../float/binary32.ts";
import { isNormal64, isOrdinary64 } from "../../float/binary64.ts";
import { MASK_SHIFT, PRECISION, ROUND_NEAREST, ROUNDING_SHIFT } from "../../float/mxcsr.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import type { Processor } from "../../processor.ts";
import { MXCSR_WORD } from "../../system/xsave-components.ts";
import { A, B, R } from "../lanes.ts";
import type { VectorCompiler, VectorForm } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, writeVector } from "../vector-operands.ts";
import type { ElementBytes } from "./float-execution.ts";
import { type BinaryElement, packedOperands, packedTail, scalarOperands, scalarTail } from "./float-shapes.ts";

/*
 * Sums, products and quotients are what compiled floating-point code consists of, so that they have a way of their own: rounding to
 * nearest, the precision exception masked and noted already, ordinary operands, a normal result or an exact zero. There is nothing to
 * be done then but the operation itself. Everything else goes the way of all other instructions.
 */

const RELEVANT = (3 << ROUNDING_SHIFT) | PRECISION | (PRECISION << MASK_SHIFT);
const SETTLED = (ROUND_NEAREST << ROUNDING_SHIFT) | PRECISION | (PRECISION << MASK_SHIFT);
/** Words of a register's place in the state. */
const REGISTER_WORDS = 16;

/** A number and not a function, which would have to be called. */
export type Operation = 0 | 1 | 2 | 3;
export const ADD = 0;
export const SUBTRACT = 1;
export const MULTIPLY = 2;
export const DIVIDE = 3;

function operate(operation: Operation, a: number, b: number): number {
  if (operation === MULTIPLY) return a * b;
  if (operation === ADD) return a + b;
  return operation === SUBTRACT ? a - b : a / b;
}

function isSettled(c: Processor): boolean {
  return (c.s[MXCSR_WORD]! & RELEVANT) === SETTLED;
}

/** Whether a zero result is exact: sums do not underflow to zero, products and quotients must have a zero operand. */
function isExactZero(operation: Operation, a: number, b: number, result: number): boolean {
  return result === 0 && (operation <= SUBTRACT || a === 0 || b === 0);
}

/** The rest of a VEX instruction's destination: the first source, then zeros. */
function fillAbove(s: Int32Array, target: number, first: number, words: number): void {
  for (let n = words; n < 4; n++) s[target + n] = s[first + n]!;
  for (let n = 4; n < REGISTER_WORDS; n++) s[target + n] = 0;
}

function arithmetic64(form: VectorForm, operation: Operation, finish: Executor): Executor {
  const { need, isVex } = form;
  const { first, second, target } = scalarOperands(form, 8);
  const inMemory = second.word < 0;
  return (c, i) => {
    if (!isReady(c, need) || (inMemory && !readVector(c, i, second, B))) return STATUS_ABORTED;
    const f64 = c.f64;
    const a = f64[first.word >> 1]!;
    const b = inMemory ? B.f64[0]! : f64[second.word >> 1]!;
    const result = operate(operation, a, b);
    const harmless = isNormal64(result) || isExactZero(operation, a, b, result);
    if (!harmless || !isSettled(c) || !isOrdinary64(a) || !isOrdinary64(b)) {
      if (!inMemory) readVector(c, i, second, B);
      return finish(c, i);
    }
    f64[target.word >> 1] = result;
    if (isVex) fillAbove(c.s, target.word, first.word, 2);
    return STATUS_NEXT;
  };
}

function arithmetic32(form: VectorForm, operation: Operation, finish: Executor): Executor {
  const { need, isVex } = form;
  const { first, second, target } = scalarOperands(form, 4);
  return (c, i) => {
    if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
    const s = c.s;
    A.i32[0] = s[first.word]!;
    const a = A.f32[0]!;
    const b = B.f32[0]!;
    const result = Math.fround(operate(operation, a, b));
    const harmless = isNormal32(result) || isExactZero(operation, a, b, result);
    if (!harmless || !isSettled(c) || !isOrdinary32(a) || !isOrdinary32(b)) return finish(c, i);
    R.f32[0] = result;
    s[target.word] = R.i32[0]!;
    if (isVex) fillAbove(s, target.word, first.word, 1);
    return STATUS_NEXT;
  };
}

/** Whether the short way has computed all elements of lanes A and B. */
type ShortWay = (operation: Operation, elements: number) => boolean;

const elements64: ShortWay = (operation, elements) => {
  for (let n = 0; n < elements; n++) {
    const a = A.f64[n]!;
    const b = B.f64[n]!;
    const result = operate(operation, a, b);
    const harmless = isNormal64(result) || isExactZero(operation, a, b, result);
    if (!harmless || !isOrdinary64(a) || !isOrdinary64(b)) return false;
    R.f64[n] = result;
  }
  return true;
};

const elements32: ShortWay = (operation, elements) => {
  for (let n = 0; n < elements; n++) {
    const a = A.f32[n]!;
    const b = B.f32[n]!;
    const result = Math.fround(operate(operation, a, b));
    const harmless = isNormal32(result) || isExactZero(operation, a, b, result);
    if (!harmless || !isOrdinary32(a) || !isOrdinary32(b)) return false;
    R.f32[n] = result;
  }
  return true;
};

/** ADDPS … DIVPD; the kernel is for what the short way does not do. */
export function packedArithmetic(size: ElementBytes, operation: Operation, kernel: BinaryElement): VectorCompiler {
  const shortWay = size === 8 ? elements64 : elements32;
  return (form) => {
    const { need } = form;
    const { first, second, target } = packedOperands(form);
    const finish = packedTail(form, size, kernel);
    const elements = form.bytes / size;
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      if (!isSettled(c) || !shortWay(operation, elements)) return finish(c, i);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/** ADDSD, SUBSD, MULSD, DIVSD; the kernel is for what the short way does not do. */
export function scalarArithmetic64(operation: Operation, kernel: BinaryElement): VectorCompiler {
  return (form) => arithmetic64(form, operation, scalarTail(form, 8, kernel));
}

/** ADDSS, SUBSS, MULSS, DIVSS. */
export function scalarArithmetic32(operation: Operation, kernel: BinaryElement): VectorCompiler {
  return (form) => arithmetic32(form, operation, scalarTail(form, 4, kernel));
}
