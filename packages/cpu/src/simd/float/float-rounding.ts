import { round32, round64 } from "../../float/integral.ts";
import { PRECISION } from "../../float/mxcsr.ts";
import type { VectorCompiler, VectorForm } from "../vector-instruction.ts";
import type { ElementBytes } from "./float-execution.ts";
import { packedUnary, scalarUnary, type UnaryElement } from "./float-shapes.ts";

/** imm8: rounding mode, whether MXCSR says the mode instead, and whether inexact results are no exception (SDM 2B "ROUNDPD"). */
const FROM_MXCSR = 4;
const SUPPRESS_PRECISION = 8;

function asImmediateSays(immediate: number, round: UnaryElement): UnaryElement {
  const suppresses = (immediate & SUPPRESS_PRECISION) !== 0;
  const fromMxcsr = (immediate & FROM_MXCSR) !== 0;
  return (u, x, z) => {
    if (!fromMxcsr) u.roundAs(immediate & 3);
    round(u, x, z);
    if (suppresses) u.flags &= ~PRECISION;
  };
}

function immediateOf(form: VectorForm): number {
  const last = form.instruction.operands.at(-1)!;
  return last.kind === "immediate" ? last.lo : 0;
}

function rounding(
  shape: (size: ElementBytes, kernel: UnaryElement) => VectorCompiler,
  size: ElementBytes,
): VectorCompiler {
  return (form) => shape(size, asImmediateSays(immediateOf(form), size === 4 ? round32 : round64))(form);
}

/** Rounding to integral numbers. */
export const FLOAT_ROUNDING: Readonly<Record<string, VectorCompiler>> = {
  roundps: rounding(packedUnary, 4),
  roundpd: rounding(packedUnary, 8),
  roundss: rounding(scalarUnary, 4),
  roundsd: rounding(scalarUnary, 8),
};
