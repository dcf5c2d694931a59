import { type CpuidFeature, cpuidFeature } from "@hvdiff/spec";
import type { CodeBits, Instruction } from "./decode/instruction.ts";
import { type FeatureRow, type FeatureRule, INSTRUCTION_FEATURES } from "./instruction-features-table.ts";
import type { CpuModel } from "./models/model.ts";

const ROWS: ReadonlyMap<string, FeatureRow> = new Map(
  INSTRUCTION_FEATURES.flatMap((row) => row.mnemonics.split(" ").map((mnemonic) => [mnemonic, row] as const)),
);
const NOTHING: FeatureRule = [];

/** Encodings that a processor without the feature reads as the older instruction, its prefix being ignored. */
const OLDER_READING: Readonly<Record<string, string>> = { tzcnt: "bsf", lzcnt: "bsr", wbnoinvd: "wbinvd" };

function hasWideOperand({ operands, isVex }: Instruction): boolean {
  const wide = isVex === true ? "ymm" : "xmm";
  return operands.some((operand) => operand.kind === "register" && operand.class === wide);
}

/** CPUID features that an instruction needs, all of them. */
export function neededFeatures(instruction: Instruction): FeatureRule {
  const row = ROWS.get(instruction.mnemonic);
  if (row === undefined) return NOTHING;
  if (row.wide !== undefined && hasWideOperand(instruction)) return row.wide;
  if (row.fromRegister !== undefined && instruction.operands.at(-1)?.kind === "register") return row.fromRegister;
  return row.needs;
}

/** Features of an instruction that the decoder knows by name only; what stands behind a dot is its opcode. */
function featuresOfName(name: string): FeatureRule {
  return ROWS.get(name.replace(/\..*$/, ""))?.needs ?? NOTHING;
}

function offers(model: CpuModel, feature: FeatureRule[number]): boolean {
  if (feature === "nobody") return false;
  const { leaf, subleaf, register, bit } = cpuidFeature(feature as CpuidFeature);
  const entry = model.cpuid.find((candidate) => candidate.leaf === leaf && candidate.subleaf === subleaf);
  return entry !== undefined && ((entry[register] >>> bit) & 1) === 1;
}

function offersAll(model: CpuModel, features: FeatureRule): boolean {
  return features.every((feature) => offers(model, feature));
}

/** Whether an instruction that the decoder knows by name only exists on a model. */
export function offersNamed(model: CpuModel, name: string): boolean {
  return offersAll(model, featuresOfName(name));
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
  if (offersAll(model, neededFeatures(instruction))) return instruction;
  const mnemonic = OLDER_READING[instruction.mnemonic];
  return mnemonic === undefined ? undefined : { ...instruction, mnemonic };
}
