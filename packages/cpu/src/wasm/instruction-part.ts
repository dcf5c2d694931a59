import type { Op } from "../op.ts";
import { SEMANTICS } from "../semantics/index.ts";
import { VECTOR_INSTRUCTIONS } from "../simd/index.ts";
import { STRING_INSTRUCTIONS } from "../system/string-instructions.ts";
import { TIME_INSTRUCTIONS } from "../system/time-instructions.ts";
import { CACHE_AND_ORDER } from "../system/translation-instructions.ts";
import { X87_INSTRUCTIONS } from "../x87/x87-instructions.ts";

/** System instructions that change nothing but general registers, flags and memory: the region's code stays what it was. */
const UNREMARKABLE: ReadonlySet<string> = new Set([
  ...Object.keys(CACHE_AND_ORDER),
  ...Object.keys(TIME_INSTRUCTIONS),
  "cpuid",
  "pushf",
  "cld",
  "std",
  "lahf",
  "sahf",
  "salc",
  "xlat",
  "xgetbv",
  "cmpxchg8b",
  "cmpxchg16b",
  "rdfsbase",
  "rdgsbase",
  "rdpkru",
]);

/** How an instruction takes part: in WebAssembly, by its JavaScript executor from within the region, or not at all. */
export function partOf(op: Op): "inline" | "called" | "outside" {
  const { mnemonic, operands, vectorPrefix } = op.instruction;
  if (op.instruction.lock && operands[0]?.kind !== "memory") return "outside";
  const general = operands.every((operand) => operand.kind !== "register" || operand.class === "gpr");
  if (general && SEMANTICS.has(mnemonic) && vectorPrefix === undefined) return "inline";
  if (general && SEMANTICS.has(mnemonic) && vectorPrefix === "vex") return "inline";
  if (vectorPrefix === "evex" || vectorPrefix === "xop") return "outside";
  const called = mnemonic in VECTOR_INSTRUCTIONS || mnemonic in X87_INSTRUCTIONS || mnemonic in STRING_INSTRUCTIONS;
  return called || UNREMARKABLE.has(mnemonic) ? "called" : "outside";
}
