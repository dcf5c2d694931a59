import type { Executor } from "../op.ts";
import { X87_ARITHMETIC } from "./arithmetic-instructions.ts";
import { X87_COMPARISONS } from "./compare-instructions.ts";
import { X87_CONSTANTS } from "./constants.ts";
import { X87_CONTROL } from "./control-instructions.ts";
import { X87_ENVIRONMENT } from "./environment.ts";
import { X87_LOADS_AND_STORES } from "./load-store-instructions.ts";
import { X87_TRANSCENDENTALS } from "./transcendental-instructions.ts";
import { X87_UNARY } from "./unary-instructions.ts";

/** The x87 FPU: opcodes D8 to DF, and WAIT. SDM 1 "Programming with the x87 FPU". */
export const X87_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  ...X87_CONTROL,
  ...X87_LOADS_AND_STORES,
  ...X87_ARITHMETIC,
  ...X87_COMPARISONS,
  ...X87_CONSTANTS,
  ...X87_UNARY,
  ...X87_TRANSCENDENTALS,
  ...X87_ENVIRONMENT,
};
