import type { VectorCompiler } from "../vector-instruction.ts";
import { FLOAT_ARITHMETIC } from "./float-arithmetic.ts";
import { FLOAT_COMPARE } from "./float-compare.ts";
import { FLOAT_CONVERSIONS } from "./float-conversions.ts";
import { FLOAT_FUSED } from "./float-fused.ts";
import { FLOAT_HORIZONTAL } from "./float-horizontal.ts";
import { FLOAT_ROUNDING } from "./float-rounding.ts";
import { HALF_PRECISION } from "./half-precision.ts";
import { INTEGER_CONVERSIONS } from "./integer-conversions.ts";
import { MMX_CONVERSIONS } from "./mmx-conversions.ts";

/** SSE, AVX, FMA and F16C instructions on floating-point numbers. */
export const FLOAT_INSTRUCTIONS: Readonly<Record<string, VectorCompiler>> = {
  ...FLOAT_ARITHMETIC,
  ...FLOAT_COMPARE,
  ...FLOAT_CONVERSIONS,
  ...FLOAT_FUSED,
  ...FLOAT_HORIZONTAL,
  ...FLOAT_ROUNDING,
  ...HALF_PRECISION,
  ...INTEGER_CONVERSIONS,
  ...MMX_CONVERSIONS,
};
