import { describe, expect, test } from "vitest";
import { compareAll } from "../../test/decode/comparison.ts";
import { legacyEncodings, randomEncodings, vectorEncodings } from "../../test/decode/encodings.ts";
import { EXPLANATIONS } from "../../test/decode/iced-explanations.ts";

const EXPLAINED_TOTAL = new Set<string>();
const UNIMPLEMENTED_TOTAL = new Set<string>();

describe("decode agrees with iced-x86 in 16-, 32- and 64-bit code on length, mnemonic, sizes and operands", () => {
  test.each([
    ["all opcodes of the legacy maps", legacyEncodings, 1_500_000],
    ["all opcodes of the VEX maps, samples of EVEX and XOP", vectorEncodings, 800_000],
    ["200,000 random byte strings per mode", randomEncodings(0x1ced, 200_000), 600_000],
  ] as const)("%s", (_, generate, minimum) => {
    const { compared, unexplained, explained, unimplemented } = compareAll(generate);
    expect(unexplained).toEqual([]);
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
