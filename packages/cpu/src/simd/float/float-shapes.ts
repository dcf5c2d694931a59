import type { FloatUnit } from "../../float/float-unit.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { A, B, R } from "../lanes.ts";
import type { VectorCompiler, VectorForm } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import {
  readVector,
  type VectorSource,
  type VectorTarget,
  vectorSource,
  vectorTarget,
  writeVector,
} from "../vector-operands.ts";
import { beginFloat, type ElementBytes, SLOTS, settleFloat, unit } from "./float-execution.ts";

/** An operation on the elements in slots x and y, whose result goes to slot z. */
export type BinaryElement = (u: FloatUnit, x: number, y: number, z: number) => void;
/** An operation on the element in slot x, whose result goes to slot z. */
export type UnaryElement = (u: FloatUnit, x: number, z: number) => void;

/** Number of operands that are not immediates. */
function vectorCount(form: VectorForm): number {
  return form.instruction.operands.filter((operand) => operand.kind !== "immediate").length;
}

/** Where an instruction's operands lie. */
export interface FloatOperands {
  /** Of a scalar instruction under VEX, what the rest of the result comes from too. */
  readonly first: VectorSource;
  readonly second: VectorSource;
  readonly target: VectorTarget;
}

/** Operands of a scalar instruction whose last operand is an element of `size` bytes. Legacy encodings write the element only. */
export function scalarOperands(form: VectorForm, size: ElementBytes): FloatOperands {
  const count = vectorCount(form);
  const first = vectorSource(form, count - 2);
  const target = vectorTarget(form, 0);
  return {
    first: form.isVex ? first : { ...first, bytes: size },
    second: { ...vectorSource(form, count - 1), bytes: size },
    target: form.isVex ? target : { ...target, words: size / 4, end: size / 4 },
  };
}

/** Fills the result above an element of `size` bytes with what the first operand has there. */
export function keepAbove(size: ElementBytes): void {
  for (let n = size / 4; n < 4; n++) R.i32[n] = A.i32[n]!;
}

/** Where a packed instruction's operands lie. */
export function packedOperands(form: VectorForm): FloatOperands {
  const count = vectorCount(form);
  return {
    first: vectorSource(form, count - 2),
    second: vectorSource(form, count - 1),
    target: vectorTarget(form, 0),
  };
}

/** What a packed instruction does once its operands are in lanes A and B. */
export function packedTail(form: VectorForm, size: ElementBytes, kernel: BinaryElement): Executor {
  const slots = SLOTS[size];
  const { target } = packedOperands(form);
  const elements = form.bytes / size;
  return (c) => {
    beginFloat(c);
    for (let n = 0; n < elements; n++) kernel(unit, slots.a + n, slots.b + n, slots.r + n);
    if (!settleFloat(c)) return STATUS_ABORTED;
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
}

/** Element by element: result = kernel(first source, second source). */
export function packedBinary(size: ElementBytes, kernel: BinaryElement): VectorCompiler {
  return (form) => {
    const { need } = form;
    const { first, second } = packedOperands(form);
    const finish = packedTail(form, size, kernel);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      return finish(c, i);
    };
  };
}

/**
 * What a scalar instruction does once its last operand is in lane B: result = kernel(first source, second source), of the lowest
 * element.
 */
export function scalarTail(form: VectorForm, size: ElementBytes, kernel: BinaryElement): Executor {
  const slots = SLOTS[size];
  const { isVex } = form;
  const { first, target } = scalarOperands(form, size);
  return (c, i) => {
    readVector(c, i, first, A);
    beginFloat(c);
    kernel(unit, slots.a, slots.b, slots.r);
    if (!settleFloat(c)) return STATUS_ABORTED;
    if (isVex) keepAbove(size);
    writeVector(c, target, R);
    return STATUS_NEXT;
  };
}

/** The lowest element: result = kernel(first source, second source). */
export function scalarBinary(size: ElementBytes, kernel: BinaryElement): VectorCompiler {
  return (form) => {
    const { need } = form;
    const { second } = scalarOperands(form, size);
    const finish = scalarTail(form, size, kernel);
    return (c, i) => (isReady(c, need) && readVector(c, i, second, B) ? finish(c, i) : STATUS_ABORTED);
  };
}

/** Element by element: result = kernel(source). */
export function packedUnary(size: ElementBytes, kernel: UnaryElement): VectorCompiler {
  return packedBinary(size, (u, _x, y, z) => kernel(u, y, z));
}

/** The lowest element: result = kernel(last source); the rest comes from the first. */
export function scalarUnary(size: ElementBytes, kernel: UnaryElement): VectorCompiler {
  return scalarBinary(size, (u, _x, y, z) => kernel(u, y, z));
}
