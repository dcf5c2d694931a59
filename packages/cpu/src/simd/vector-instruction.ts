import type { CpuidFeature } from "@hvdiff/spec";
import type { Instruction, RegisterClass } from "../decode/instruction.ts";
import { type Executor, STATUS_ABORTED } from "../op.ts";
import { UD } from "../system/exceptions.ts";
import { type VectorEncoding, type VectorNeed, vectorNeed } from "./vector-need.ts";

/** CPUID features of an instruction's encodings; one without a feature does not exist. */
export interface EncodingFeatures {
  readonly mmx?: CpuidFeature;
  readonly sse?: CpuidFeature;
  readonly avx?: CpuidFeature;
  readonly avx256?: CpuidFeature;
}

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

/** A vector instruction in all its encodings. */
export interface VectorInstruction {
  readonly features: EncodingFeatures;
  readonly compile: VectorCompiler;
  /** Given where it is not the operands that tell. */
  readonly encoding?: VectorEncoding;
}

/** How the executor of a decoded instruction is made. */
export type InstructionCompiler = (instruction: Instruction) => Executor;

const neverDefined: Executor = (c) => {
  c.raise(UD);
  return STATUS_ABORTED;
};

function names(instruction: Instruction, registerClass: RegisterClass): boolean {
  return instruction.operands.some((o) => o.kind === "register" && o.class === registerClass);
}

function legacyEncoding(instruction: Instruction): VectorEncoding {
  const hasXmm = names(instruction, "xmm");
  if (names(instruction, "mmx")) return hasXmm ? "sse-mmx" : "mmx";
  return hasXmm ? "sse" : "plain";
}

function featureOf(entry: VectorInstruction, encoding: VectorEncoding, wide: boolean): CpuidFeature | undefined {
  if (encoding === "vex") return (wide ? entry.features.avx256 : undefined) ?? entry.features.avx;
  return encoding === "mmx" ? entry.features.mmx : entry.features.sse;
}

function compiler(entry: VectorInstruction, isVex: boolean): InstructionCompiler {
  return (instruction) => {
    const wide = instruction.vectorLength === 256;
    const encoding = isVex ? "vex" : (entry.encoding ?? legacyEncoding(instruction));
    const feature = featureOf(entry, encoding, wide);
    if (feature === undefined) return neverDefined;
    const bytes = wide ? 32 : encoding === "mmx" ? 8 : 16;
    return entry.compile({ instruction, need: vectorNeed(encoding, feature), isVex, bytes });
  };
}

/**
 * Compilers by mnemonic. A table's key is the legacy mnemonic, to which `v` is put before for the VEX encoding; keys that begin with `v`
 * have no legacy encoding.
 */
export function vectorCompilers(
  table: Readonly<Record<string, VectorInstruction>>,
): Readonly<Record<string, InstructionCompiler>> {
  const compilers: Record<string, InstructionCompiler> = {};
  for (const [name, entry] of Object.entries(table)) {
    const vexOnly = name.startsWith("v");
    if (!vexOnly) compilers[name] = compiler(entry, false);
    if (entry.features.avx !== undefined || entry.features.avx256 !== undefined)
      compilers[vexOnly ? name : `v${name.replace(".x", "")}`] = compiler(entry, true);
  }
  return compilers;
}
