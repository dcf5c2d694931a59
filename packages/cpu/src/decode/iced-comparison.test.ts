import { describe, expect, test } from "vitest";
import { compareAll } from "../../test/decode/comparison.ts";
import { legacyEncodings, randomEncodings, vectorEncodings } from "../../test/decode/encodings.ts";
import { EXPLANATIONS } from "../../test/decode/iced-explanations.ts";

const EXPLAINED_TOTAL = new Set<string>();

describe("decode agrees with iced-x86 in 16-, 32- and 64-bit code on length, mnemonic, sizes and operands", () => {
  test.each([
    ["all opcodes of the legacy maps", legacyEncodings, 1_500_000],
    ["all opcodes of the VEX, EVEX and XOP maps", vectorEncodings, 900_000],
    ["120,000 random byte strings per mode", randomEncodings(0x1ced, 120_000), 360_000],
  ] as const)("%s", (_, generate, minimum) => {
    const { compared, unexplained, explained } = compareAll(generate);
    expect(unexplained).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(minimum);
    for (const id of explained.keys()) EXPLAINED_TOTAL.add(id);
  });

  test("every explanation explains something", () => {
    expect([...EXPLAINED_TOTAL].sort()).toEqual(EXPLANATIONS.map(({ id }) => id).sort());
  });
});
