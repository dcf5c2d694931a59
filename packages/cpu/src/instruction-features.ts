import { type CpuidFeature, cpuidFeature } from "@hvdiff/spec";
import type { CodeBits, Instruction } from "./decode/instruction.ts";
import {
  EVEX_FEATURES,
  type FeatureRow,
  type FeatureRule,
  INSTRUCTION_FEATURES,
  XOP_FEATURES,
} from "./instruction-features-table.ts";
import type { CpuModel } from "./models/model.ts";

type Rows = ReadonlyMap<string, FeatureRow>;

function byMnemonic(rows: readonly FeatureRow[]): Rows {
  return new Map(rows.flatMap((row) => row.mnemonics.split(" ").map((mnemonic) => [mnemonic, row] as const)));
}

const ROWS = byMnemonic(INSTRUCTION_FEATURES);
const EVEX_ROWS = byMnemonic(EVEX_FEATURES);
const XOP_ROWS = byMnemonic(XOP_FEATURES);
const NOTHING: FeatureRule = [];
const AVX512: FeatureRule = ["avx512f"];
const XOP: FeatureRule = ["xop"];

/** Encodings that a processor without the feature reads as the older instruction, its prefix being ignored. */
const OLDER_READING: Readonly<Record<string, string>> = {
  tzcnt: "bsf",
  lzcnt: "bsr",
  wbnoinvd: "wbinvd",
  // Hints and instructions that were put where processors had long read NOPs.
  rdssp: "nop",
  endbr32: "nop",
  endbr64: "nop",
  mpx: "nop",
  cldemote: "nop",
  prefetchit0: "nop",
  prefetchit1: "nop",
};

function hasWideOperand({ operands, vectorPrefix }: Instruction): boolean {
  const wide = vectorPrefix === "vex" ? "ymm" : "xmm";
  return operands.some((operand) => operand.kind === "register" && operand.class === wide);
}

function evexFeatures({ mnemonic, evex, vectorLength }: Instruction): FeatureRule {
  const needs = EVEX_ROWS.get(mnemonic)?.needs ?? AVX512;
  return evex?.isVectorSized === true && vectorLength !== 512 ? [...needs, "avx512vl"] : needs;
}

/** CPUID features that an instruction needs, all of them. */
export function neededFeatures(instruction: Instruction): FeatureRule {
  if (instruction.vectorPrefix === "evex") return evexFeatures(instruction);
  if (instruction.vectorPrefix === "xop") return XOP_ROWS.get(instruction.mnemonic)?.needs ?? XOP;
  const row = ROWS.get(instruction.mnemonic);
  if (row === undefined) return NOTHING;
  if (row.wide !== undefined && hasWideOperand(instruction)) return row.wide;
  if (row.fromRegister !== undefined && instruction.operands.at(-1)?.kind === "register") return row.fromRegister;
  return row.needs;
}

function offers(model: CpuModel, feature: FeatureRule[number]): boolean {
  if (feature === "nobody") return false;
  const { leaf, subleaf, register, bit } = cpuidFeature(feature as CpuidFeature);
  const entry = model.cpuid.find((candidate) => candidate.leaf === leaf && candidate.subleaf === subleaf);
  return entry !== undefined && ((entry[register] >>> bit) & 1) === 1;
}

/** LAHF and SAHF of 64-bit mode have a feature bit of their own. */
function isFlagMoveWithout(model: CpuModel, { mnemonic }: Instruction, bits: CodeBits): boolean {
  return bits === 64 && (mnemonic === "lahf" || mnemonic === "sahf") && !offers(model, "lahf-lm");
}

/**
 * What a model makes of an instruction: itself, the instruction that its encoding meant before the feature existed, or undefined when
 * the model lacks it and raises #UD.
 */
export function readBy(model: CpuModel, instruction: Instruction, bits: CodeBits): Instruction | undefined {
  if (isFlagMoveWithout(model, instruction, bits)) return undefined;
  if (neededFeatures(instruction).every((feature) => offers(model, feature))) return instruction;
  const mnemonic = OLDER_READING[instruction.mnemonic];
  return mnemonic === undefined ? undefined : { ...instruction, mnemonic };
}
