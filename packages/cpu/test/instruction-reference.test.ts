import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { instructionForms } from "../scripts/instruction-forms.ts";
import { GENERATE_COMMAND, instructionReference } from "../scripts/instruction-reference.ts";
import { neededFeatures, readBy } from "../src/instruction-features.ts";
import { EVEX_FEATURES, INSTRUCTION_FEATURES, XOP_FEATURES } from "../src/instruction-features-table.ts";
import { CPU_MODELS } from "../src/models/index.ts";
import { findExecutor } from "../src/resolve-op.ts";

const FORMS = instructionForms();

test("docs/reference/instructions.md is what its generator writes", () => {
  const page = readFileSync(new URL("../../../docs/reference/instructions.md", import.meta.url), "utf8");
  expect(page === instructionReference(), `out of date: run ${GENERATE_COMMAND}`).toBe(true);
});

describe("the table of CPUID features", () => {
  test("names only instructions that the decoder knows", () => {
    const known = new Set(FORMS.map(({ form }) => form.mnemonic));
    const named = [...INSTRUCTION_FEATURES, ...EVEX_FEATURES, ...XOP_FEATURES].flatMap(({ mnemonics }) =>
      mnemonics.split(" "),
    );
    expect(named.filter((mnemonic) => !known.has(mnemonic))).toEqual([]);
  });

  test("has a row for everything with vector, opmask, tile or x87 registers, and for every vector prefix", () => {
    const without = FORMS.flatMap(({ examples }) => examples)
      .filter(
        ({ vectorPrefix, operands }) =>
          vectorPrefix !== undefined ||
          operands.some(
            (operand) => operand.kind === "register" && !["gpr", "segment", "control", "debug"].includes(operand.class),
          ),
      )
      .filter((example) => neededFeatures(example).length === 0);
    expect(without.map(({ mnemonic }) => mnemonic)).toEqual([]);
  });
});

/** Everything AVX-512 brought, opmask instructions included. */
function isOfAvx512(features: readonly string[]): boolean {
  return features.some((feature) => feature.startsWith("avx512"));
}

test("whatever a model has is executed, but for AVX-512", () => {
  const missing = new Set<string>();
  for (const { form, examples } of FORMS) {
    const codeBits = form.mode === "not64" ? 32 : 64;
    const place = { ripLow: 0, ripHigh: 0, codeBits, stack32: true, position: 0 } as const;
    for (const example of examples.filter((candidate) => !isOfAvx512(neededFeatures(candidate)))) {
      const isOffered = CPU_MODELS.some((model) => readBy(model, example, codeBits) === example);
      if (isOffered && findExecutor(example, place) === undefined) missing.add(example.mnemonic);
    }
  }
  expect([...missing].sort()).toEqual([]);
});
