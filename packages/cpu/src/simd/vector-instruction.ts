import type { Instruction, RegisterClass } from "../decode/instruction.ts";
import type { Executor } from "../op.ts";
import { VECTOR_NEEDS, type VectorEncoding, type VectorNeed } from "./vector-need.ts";

/** A decoded vector instruction on its way to an executor. */
export interface VectorForm {
  readonly instruction: Instruction;
  readonly need: VectorNeed;
  readonly isVex: boolean;
  /** Length of the vectors it works on: 8, 16 or 32. */
  readonly bytes: number;
}

/** Resolves what can be resolved once, and returns how the instruction runs. */
export type VectorCompiler = (form: VectorForm) => Executor;

/** How the executor of a decoded instruction is made. */
export type InstructionCompiler = (instruction: Instruction) => Executor;

function names(instruction: Instruction, registerClass: RegisterClass): boolean {
  return instruction.operands.some((o) => o.kind === "register" && o.class === registerClass);
}

function legacyEncoding(instruction: Instruction): VectorEncoding {
  if (!names(instruction, "mmx")) return "sse";
  return names(instruction, "xmm") ? "sse-mmx" : "mmx";
}

/** As the compiler given, for an instruction whose legacy encoding its operands do not tell. */
export function inEncoding(encoding: VectorEncoding, compile: VectorCompiler): VectorCompiler {
  return (form) => compile(form.isVex ? form : { ...form, need: VECTOR_NEEDS[encoding] });
}

function compileWith(compile: VectorCompiler): InstructionCompiler {
  return (instruction) => {
    const isVex = instruction.vectorPrefix === "vex";
    const encoding = isVex ? "vex" : legacyEncoding(instruction);
    const bytes = instruction.vectorLength === 256 ? 32 : encoding === "mmx" ? 8 : 16;
    return compile({ instruction, need: VECTOR_NEEDS[encoding], isVex, bytes });
  };
}

/**
 * Compilers by mnemonic. A table's key is the legacy mnemonic, to which `v` is put before for the VEX encoding; instructions that have only
 * this one are in the table with their `v`.
 */
export function vectorCompilers(
  table: Readonly<Record<string, VectorCompiler>>,
): Readonly<Record<string, InstructionCompiler>> {
  const compilers: Record<string, InstructionCompiler> = {};
  for (const [name, compile] of Object.entries(table)) {
    compilers[name] = compileWith(compile);
    if (!name.startsWith("v")) compilers[`v${name.replace(".x", "")}`] = compilers[name];
  }
  return compilers;
}
