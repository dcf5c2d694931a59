import { describe, expect, test } from "vitest";
import { type EncodingSink, legacyEncodings, randomEncodings, vectorEncodings } from "../../test/decode/encodings.ts";
import { EXPLANATIONS } from "../../test/decode/iced-explanations.ts";
import { createOracle, describeDisagreement, STRIDE } from "../../test/decode/iced-oracle.ts";
import { decode } from "./decoder.ts";
import type { CodeBits } from "./instruction.ts";

const BATCH = 1 << 15;

interface Comparison {
  compared: number;
  /** Instructions that both know and that agree in every respect. */
  agreed: number;
  readonly unexplained: string[];
  readonly explained: Map<string, number>;
  readonly unimplemented: Map<string, number>;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function compareBatch(pool: Uint8Array, length: number, bits: CodeBits, comparison: Comparison): void {
  const oracle = createOracle(pool, bits);
  for (let index = 0; index < length; index++) {
    const offset = index * STRIDE;
    const result = decode(pool, offset, STRIDE, bits);
    comparison.compared++;
    if (result.kind === "unimplemented") count(comparison.unimplemented, result.name.replace(/\.[0-9a-f]{2}$/, ""));
    const disagreement = describeDisagreement(result, oracle.decode(index));
    if (disagreement === undefined) {
      if (result.kind === "instruction") comparison.agreed++;
      continue;
    }
    const explanation = EXPLANATIONS.find((candidate) => candidate.explains(disagreement));
    if (explanation !== undefined) count(comparison.explained, explanation.id);
    else {
      const hex = Buffer.from(pool.subarray(offset, offset + STRIDE)).toString("hex");
      comparison.unexplained.push(
        `${bits}-bit ${hex}: ${disagreement.ours}, oracle ${disagreement.code}: ${disagreement.difference}`,
      );
    }
  }
  oracle.close();
}

function compareAll(generate: (bits: CodeBits, sink: EncodingSink) => void): Comparison {
  const comparison: Comparison = {
    compared: 0,
    agreed: 0,
    unexplained: [],
    explained: new Map(),
    unimplemented: new Map(),
  };
  const pool = new Uint8Array(BATCH * STRIDE);
  for (const bits of [16, 32, 64] as const) {
    let length = 0;
    generate(bits, (bytes) => {
      pool.fill(0x11, length * STRIDE, (length + 1) * STRIDE);
      for (let at = 0; at < bytes.length && at < STRIDE; at++) pool[length * STRIDE + at] = bytes[at]!;
      if (++length < BATCH) return;
      compareBatch(pool, length, bits, comparison);
      length = 0;
    });
    compareBatch(pool, length, bits, comparison);
  }
  return comparison;
}

const EXPLAINED_TOTAL = new Set<string>();
const UNIMPLEMENTED_TOTAL = new Set<string>();

describe("decode agrees with iced-x86 in 16-, 32- and 64-bit code on length, mnemonic, sizes and operands", () => {
  test.each([
    ["all opcodes of the legacy maps", legacyEncodings, 1_500_000],
    ["all opcodes of the VEX maps, samples of EVEX and XOP", vectorEncodings, 800_000],
    ["200,000 random byte strings per mode", randomEncodings(0x1ced, 200_000), 600_000],
  ] as const)("%s", (_, generate, minimum) => {
    const { compared, unexplained, explained, unimplemented } = compareAll(generate);
    expect(unexplained.slice(0, 20)).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(minimum);
    for (const id of explained.keys()) EXPLAINED_TOTAL.add(id);
    for (const name of unimplemented.keys()) UNIMPLEMENTED_TOTAL.add(name);
  });

  test("every explanation explains something", () => {
    expect([...EXPLAINED_TOTAL].sort()).toEqual(EXPLANATIONS.map(({ id }) => id).sort());
  });

  test("only these instructions are known by name alone", () => {
    const families = new Set([...UNIMPLEMENTED_TOTAL].map((name) => name.replace(/\.map.*$/, "")));
    expect([...families].sort()).toMatchInlineSnapshot(`
      [
        "3dnow",
        "aesdec128kl",
        "aesdec256kl",
        "aesdecwide128kl",
        "aesdecwide256kl",
        "aesenc128kl",
        "aesenc256kl",
        "aesencwide128kl",
        "aesencwide256kl",
        "encodekey128",
        "encodekey256",
        "evex",
        "hreset",
        "loadiwkey",
        "tcmmimfp16ps",
        "tcmmrlfp16ps",
        "tdpbf16ps",
        "tdpbssd",
        "tdpbsud",
        "tdpbusd",
        "tdpbuud",
        "tdpfp16ps",
        "tileloadd",
        "tileloaddt1",
        "tilerelease",
        "tilestored",
        "tilezero",
        "vpermil2pd",
        "vpermil2ps",
        "xop",
      ]
    `);
  });
});
