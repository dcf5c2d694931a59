import { decode } from "../../src/decode/decoder.ts";
import type { CodeBits } from "../../src/decode/instruction.ts";
import type { EncodingSource } from "./encodings.ts";
import { EXPLANATIONS } from "./iced-explanations.ts";
import { createOracle, describeDisagreement, STRIDE } from "./iced-oracle.ts";

const BATCH = 1 << 15;
const FILLER = 0x11;
const MAX_LISTED = 20;
/** Every so many strings it is also checked that each shorter piece of an instruction is called truncated. */
const TRUNCATION_STEP = 8;

/** What a comparison of our decoder with the oracle found. */
export interface Comparison {
  compared: number;
  /** Instructions that both know and that agree in every respect. */
  agreed: number;
  /** All differences without an explanation, and the first of them. */
  differences: number;
  readonly unexplained: string[];
  /** How often each explanation was needed. */
  readonly explained: Map<string, number>;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function list(comparison: Comparison, pool: Uint8Array, offset: number, text: string): void {
  comparison.differences++;
  if (comparison.unexplained.length >= MAX_LISTED) return;
  comparison.unexplained.push(`${Buffer.from(pool.subarray(offset, offset + STRIDE)).toString("hex")}: ${text}`);
}

function isTruncatedBefore(pool: Uint8Array, offset: number, length: number, bits: CodeBits): boolean {
  for (let available = 0; available < length; available++) {
    if (decode(pool, offset, available, bits).kind !== "truncated") return false;
  }
  return true;
}

function compareBatch(pool: Uint8Array, length: number, bits: CodeBits, comparison: Comparison): void {
  const oracle = createOracle(pool, bits);
  for (let index = 0; index < length; index++) {
    const offset = index * STRIDE;
    const result = decode(pool, offset, STRIDE, bits);
    comparison.compared++;
    const checksPieces = index % TRUNCATION_STEP === 0 && result.kind === "instruction";
    if (checksPieces && !isTruncatedBefore(pool, offset, result.instruction.length, bits)) {
      list(comparison, pool, offset, `${bits}-bit: a piece of this is not truncated`);
    }
    const disagreement = describeDisagreement(result, oracle.decode(index));
    if (disagreement === undefined) {
      if (result.kind === "instruction") comparison.agreed++;
      continue;
    }
    const explanation = EXPLANATIONS.find((candidate) => candidate.explains(disagreement));
    if (explanation !== undefined) count(comparison.explained, explanation.id);
    else {
      const { ours, code, difference } = disagreement;
      list(comparison, pool, offset, `${bits}-bit ${ours}, oracle ${code}: ${difference}`);
    }
  }
  oracle.close();
}

/** Decodes every byte string of a source in 16-, 32- and 64-bit code with our decoder and the oracle. */
export function compareAll(generate: EncodingSource): Comparison {
  const comparison: Comparison = {
    compared: 0,
    agreed: 0,
    differences: 0,
    unexplained: [],
    explained: new Map(),
  };
  const pool = new Uint8Array(BATCH * STRIDE);
  for (const bits of [16, 32, 64] as const) {
    let length = 0;
    generate(bits, (bytes) => {
      pool.fill(FILLER, length * STRIDE, (length + 1) * STRIDE);
      for (let at = 0; at < bytes.length && at < STRIDE; at++) pool[length * STRIDE + at] = bytes[at]!;
      if (++length < BATCH) return;
      compareBatch(pool, length, bits, comparison);
      length = 0;
    });
    compareBatch(pool, length, bits, comparison);
  }
  return comparison;
}
