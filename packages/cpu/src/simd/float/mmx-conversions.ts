import { int32ToFloat32, int32ToFloat64 } from "../../float/conversion.ts";
import { float32ToInt32, float64ToInt32 } from "../../float/integral.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { A, R } from "../lanes.ts";
import { enterMmx } from "../mmx-registers.ts";
import { inEncoding, type VectorCompiler } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "../vector-operands.ts";
import { truncating } from "./float-conversions.ts";
import { beginFloat, type ElementBytes, SLOTS, settleFloat, unit } from "./float-execution.ts";
import type { UnaryElement } from "./float-shapes.ts";

/** Two elements. Only a register operand makes the x87 state an MMX one, and only if no exception comes in between. */
function pair(from: ElementBytes, to: ElementBytes, kernel: UnaryElement): VectorCompiler {
  const [first, result] = [SLOTS[from].a, SLOTS[to].r];
  return (form) => {
    const { need } = form;
    const source = { ...vectorSource(form, 1), bytes: 2 * from };
    const ofMmx = form.instruction.operands.some((o) => o.kind === "register" && o.class === "mmx");
    const target = { ...vectorTarget(form, 0), words: to / 2, end: to / 2 };
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, source, A)) return STATUS_ABORTED;
      beginFloat(c);
      kernel(unit, first, result);
      kernel(unit, first + 1, result + 1);
      if (!settleFloat(c)) return STATUS_ABORTED;
      if (ofMmx) enterMmx(c);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

function toMmx(compile: VectorCompiler): VectorCompiler {
  return inEncoding("sse-mmx", compile);
}

/** Conversions between MMX and XMM registers. The upper half of an XMM destination stays what it is. */
export const MMX_CONVERSIONS: Readonly<Record<string, VectorCompiler>> = {
  cvtpi2ps: pair(4, 4, int32ToFloat32),
  cvtpi2pd: pair(4, 8, int32ToFloat64),
  cvtps2pi: toMmx(pair(4, 4, float32ToInt32)),
  cvttps2pi: toMmx(pair(4, 4, truncating(float32ToInt32))),
  cvtpd2pi: toMmx(pair(8, 4, float64ToInt32)),
  cvttpd2pi: toMmx(pair(8, 4, truncating(float64ToInt32))),
};
