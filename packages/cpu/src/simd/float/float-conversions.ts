import { float32ToFloat64, float64ToFloat32, int32ToFloat32, int32ToFloat64 } from "../../float/conversion.ts";
import { float32ToInt32, float64ToInt32 } from "../../float/integral.ts";
import { ROUND_TRUNCATE } from "../../float/mxcsr.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { A, B, R } from "../lanes.ts";
import type { VectorCompiler } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "../vector-operands.ts";
import { beginFloat, type ElementBytes, SLOTS, settleFloat, unit } from "./float-execution.ts";
import { keepAbove, scalarOperands, type UnaryElement } from "./float-shapes.ts";

/** Rounds toward zero whatever MXCSR says. */
export function truncating(convert: UnaryElement): UnaryElement {
  return (u, x, z) => {
    u.roundAs(ROUND_TRUNCATE);
    convert(u, x, z);
  };
}

/** Element by element between widths; a narrower result is followed by zeros. */
function packedConversion(from: ElementBytes, to: ElementBytes, kernel: UnaryElement): VectorCompiler {
  const first = SLOTS[from].a;
  const result = SLOTS[to].r;
  return (form) => {
    const { need, bytes } = form;
    const source = vectorSource(form, 1);
    const target = vectorTarget(form, 0);
    const elements = bytes / Math.max(from, to);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, source, A)) return STATUS_ABORTED;
      beginFloat(c);
      R.i32.fill(0);
      for (let n = 0; n < elements; n++) kernel(unit, first + n, result + n);
      if (!settleFloat(c)) return STATUS_ABORTED;
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

/** The lowest element to another format. */
function scalarConversion(from: ElementBytes, to: ElementBytes, kernel: UnaryElement): VectorCompiler {
  const source = SLOTS[from].b;
  const result = SLOTS[to].r;
  return (form) => {
    const { need, isVex } = form;
    const { first, second, target } = scalarOperands(form, from);
    const written = isVex ? target : { ...target, words: to / 4, end: to / 4 };
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, second, B)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      beginFloat(c);
      kernel(unit, source, result);
      if (!settleFloat(c)) return STATUS_ABORTED;
      if (isVex) keepAbove(to);
      writeVector(c, written, R);
      return STATUS_NEXT;
    };
  };
}

/** Conversions between formats, and of packed integers (SDM 1 "SSE2 Conversion Instructions"). */
export const FLOAT_CONVERSIONS: Readonly<Record<string, VectorCompiler>> = {
  cvtps2pd: packedConversion(4, 8, float32ToFloat64),
  cvtpd2ps: packedConversion(8, 4, float64ToFloat32),
  cvtdq2ps: packedConversion(4, 4, int32ToFloat32),
  cvtps2dq: packedConversion(4, 4, float32ToInt32),
  cvttps2dq: packedConversion(4, 4, truncating(float32ToInt32)),
  cvtdq2pd: packedConversion(4, 8, int32ToFloat64),
  cvtpd2dq: packedConversion(8, 4, float64ToInt32),
  cvttpd2dq: packedConversion(8, 4, truncating(float64ToInt32)),
  cvtss2sd: scalarConversion(4, 8, float32ToFloat64),
  cvtsd2ss: scalarConversion(8, 4, float64ToFloat32),
};
