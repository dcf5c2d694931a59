import type { Operand } from "../../decode/instruction.ts";
import { int32ToFloat32, int32ToFloat64, int64ToFloat32, int64ToFloat64 } from "../../float/conversion.ts";
import { float32ToInt32, float32ToInt64, float64ToInt32, float64ToInt64 } from "../../float/integral.ts";
import { MASK_SHIFT, PRECISION } from "../../float/mxcsr.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { FAULT_NONE, type Processor } from "../../processor.ts";
import { GPR } from "../../state-layout.ts";
import { readOperand, writeOperand } from "../../system/operands.ts";
import { MXCSR_WORD } from "../../system/xsave-components.ts";
import { A, B, R } from "../lanes.ts";
import type { VectorCompiler, VectorForm } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "../vector-operands.ts";
import { truncating } from "./float-conversions.ts";
import { beginFloat, type ElementBytes, elementOf, isOrdinary, SLOTS, settleFloat, unit } from "./float-execution.ts";
import { keepAbove, type UnaryElement } from "./float-shapes.ts";

const TWO_32 = 2 ** 32;
const PRECISION_KNOWN = PRECISION | (PRECISION << MASK_SHIFT);

function integerBytes(operand: Operand): ElementBytes {
  return (operand.kind === "register" || operand.kind === "memory") && operand.size === 64 ? 8 : 4;
}

/** A general register or memory to the lowest element; by the integer's size. */
function fromInteger(to: ElementBytes, of32: UnaryElement, of64: UnaryElement): VectorCompiler {
  return (form) => {
    const { need, isVex } = form;
    const k = isVex ? 2 : 1;
    const size = integerBytes(form.instruction.operands[k]!);
    const kernel = size === 8 ? of64 : of32;
    const source = SLOTS[size].b;
    const result = SLOTS[to].r;
    const first = vectorSource(form, k - 1);
    const target = vectorTarget(form, 0);
    const written = isVex ? target : { ...target, words: to / 4, end: to / 4 };
    return (c, i) => {
      if (!isReady(c, need)) return STATUS_ABORTED;
      B.i32[0] = readOperand(c, i, k);
      if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
      B.i32[1] = c.hi;
      beginFloat(c);
      kernel(unit, source, result);
      if (!settleFloat(c)) return STATUS_ABORTED;
      if (isVex) {
        readVector(c, i, first, A);
        keepAbove(to);
      }
      writeVector(c, written, R);
      return STATUS_NEXT;
    };
  };
}

/** CVTSI2SD from a general register: exact as long as the integer has 53 bits. */
function registerToBinary64(general: VectorCompiler): VectorCompiler {
  return (form) => {
    const otherwise = general(form);
    const operand = form.instruction.operands.at(-1)!;
    if (form.isVex || operand.kind !== "register") return otherwise;
    const { need } = form;
    const from = GPR + operand.index * 2;
    const is64 = operand.size === 64;
    const to = vectorTarget(form, 0).word >> 1;
    return (c, i) => {
      const s = c.s;
      const value = is64 ? s[from + 1]! * TWO_32 + (s[from]! >>> 0) : s[from]!;
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER || !isReady(c, need)) return otherwise(c, i);
      c.f64[to] = value;
      return STATUS_NEXT;
    };
  };
}

/** What an instruction does once its operand is in lane A. */
function storeInteger(form: VectorForm, from: ElementBytes, to32: UnaryElement, to64: UnaryElement): Executor {
  const size = integerBytes(form.instruction.operands[0]!);
  const kernel = size === 8 ? to64 : to32;
  const [x, z] = [SLOTS[from].a, SLOTS[size].r];
  return (c, i) => {
    beginFloat(c);
    kernel(unit, x, z);
    if (!settleFloat(c)) return STATUS_ABORTED;
    writeOperand(c, i, 0, R.i32[0]!, R.i32[1]!);
    return STATUS_NEXT;
  };
}

/** The lowest element to a general register. */
function toInteger(from: ElementBytes, to32: UnaryElement, to64: UnaryElement): VectorCompiler {
  return (form) => {
    const { need } = form;
    const source = { ...vectorSource(form, 1), bytes: from };
    const finish = storeInteger(form, from, to32, to64);
    return (c, i) => (isReady(c, need) && readVector(c, i, source, A) ? finish(c, i) : STATUS_ABORTED);
  };
}

/** Whether nobody can see that an integer is not what it was converted from. */
function isHarmless(c: Processor, integer: number, from: number): boolean {
  return integer === from || (c.s[MXCSR_WORD]! & PRECISION_KNOWN) === PRECISION_KNOWN;
}

/** CVTTSS2SI and CVTTSD2SI: a number in range and without its fraction. */
function truncateToInteger(from: ElementBytes, to32: UnaryElement, to64: UnaryElement): VectorCompiler {
  return (form) => {
    const { need, instruction } = form;
    const source = { ...vectorSource(form, 1), bytes: from };
    const finish = storeInteger(form, from, truncating(to32), truncating(to64));
    const operand = instruction.operands[0]!;
    const is64 = integerBytes(operand) === 8;
    const limit = is64 ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1;
    const to = GPR + (operand.kind === "register" ? operand.index : 0) * 2;
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, source, A)) return STATUS_ABORTED;
      const value = elementOf(from, A);
      const integer = Math.trunc(value);
      if (!isOrdinary(from, value) || Math.abs(integer) > limit || !isHarmless(c, integer, value)) return finish(c, i);
      c.s[to] = integer;
      c.s[to + 1] = is64 ? Math.floor(integer / TWO_32) : 0;
      return STATUS_NEXT;
    };
  };
}

/** Conversions between general registers and elements. */
export const INTEGER_CONVERSIONS: Readonly<Record<string, VectorCompiler>> = {
  cvtsi2ss: fromInteger(4, int32ToFloat32, int64ToFloat32),
  cvtsi2sd: registerToBinary64(fromInteger(8, int32ToFloat64, int64ToFloat64)),
  cvtss2si: toInteger(4, float32ToInt32, float32ToInt64),
  cvtsd2si: toInteger(8, float64ToInt32, float64ToInt64),
  cvttss2si: truncateToInteger(4, float32ToInt32, float32ToInt64),
  cvttsd2si: truncateToInteger(8, float64ToInt32, float64ToInt64),
};
