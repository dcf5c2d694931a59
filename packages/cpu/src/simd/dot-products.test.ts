import { describe, expect, test } from "vitest";
import { Random } from "../../test/native/random.ts";
import { createSystem, exceptionsOf } from "../../test/system/processor-kit.ts";
import type { CpuModel } from "../models/model.ts";
import { sapphireRapids } from "../models/sapphire-rapids.ts";
import * as S from "../state-layout.ts";

/** A model with all of the VEX-encoded dot products, which no model here has. */
const MODEL: CpuModel = {
  ...sapphireRapids,
  cpuid: sapphireRapids.cpuid.map((entry) =>
    entry.leaf === 7 && entry.subleaf === 1 ? { ...entry, eax: -1, edx: -1 } : entry,
  ),
};

function wordOf(register: number): number {
  return S.VECTOR_REGISTERS + register * 16;
}

const SYSTEM = createSystem("long", MODEL);
SYSTEM.c.s[S.XCR0] = 7;
SYSTEM.c.s[S.CR4]! |= 1 << 18;

/** YMM0, YMM1 and YMM2 before, and YMM0 after one instruction. */
function run(hex: string, seed: number) {
  const { s } = SYSTEM.c;
  const random = new Random(seed);
  const before = Array.from({ length: 3 }, (_, n) => {
    const words = Int32Array.from({ length: 8 }, () => Number(BigInt.asIntN(32, random.operand())));
    s.set(words, wordOf(n));
    return words;
  });
  SYSTEM.run([...Buffer.from(hex.replaceAll(" ", ""), "hex"), 0x90], 1);
  expect(exceptionsOf(SYSTEM)).toEqual([]);
  return { before, after: s.slice(wordOf(0), wordOf(0) + 8) };
}

function element(words: Int32Array, n: number, bits: number, signed: boolean): bigint {
  const perWord = 32 / bits;
  const word = BigInt(words[Math.floor(n / perWord)]! >>> 0) >> BigInt(bits * (n % perWord));
  return signed ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word);
}

function clamp(value: bigint, signed: boolean): bigint {
  const [least, most] = signed ? [-(1n << 31n), (1n << 31n) - 1n] : [0n, (1n << 32n) - 1n];
  return value < least ? least : value > most ? most : value;
}

/** Prefix (VEX.pp), opcode, bits of an element, and whether the elements of each source are signed. */
const DOT_PRODUCTS: readonly (readonly [string, number, number, number, boolean, boolean])[] = [
  ["bus", 1, 0x50, 8, false, true],
  ["bss", 3, 0x50, 8, true, true],
  ["bsu", 2, 0x50, 8, true, false],
  ["buu", 0, 0x50, 8, false, false],
  ["wss", 1, 0x52, 16, true, true],
  ["wsu", 2, 0xd2, 16, true, false],
  ["wus", 1, 0xd2, 16, false, true],
  ["wuu", 0, 0xd2, 16, false, false],
];

describe.each(DOT_PRODUCTS)("VPDP%s", (_letters, pp, opcode, bits, firstSigned, secondSigned) => {
  test.each([
    ["wraps", 0],
    ["saturates with S", 1],
  ])("%s", (_, saturating) => {
    for (let seed = 0; seed < 40; seed++) {
      const code = Buffer.from([0xc4, 0xe2, 0x74 | pp, opcode + saturating, 0xc2]).toString("hex");
      const { before, after } = run(code, seed);
      const [old, first, second] = before as [Int32Array, Int32Array, Int32Array];
      const signed = firstSigned || secondSigned;
      for (let n = 0; n < 8; n++) {
        let sum = element(old, n, 32, signed);
        const count = 32 / bits;
        for (let k = n * count; k < (n + 1) * count; k++)
          sum += element(first, k, bits, firstSigned) * element(second, k, bits, secondSigned);
        expect(after[n]).toBe(Number(BigInt.asIntN(32, saturating === 1 ? clamp(sum, signed) : sum)));
      }
    }
  });
});

test.each([
  ["VPMADD52LUQ", "c4 e2 f5 b4 c2", 0n],
  ["VPMADD52HUQ", "c4 e2 f5 b5 c2", 52n],
])("%s adds 52 bits of a product", (_, hex, from) => {
  for (let seed = 0; seed < 40; seed++) {
    const { before, after } = run(hex, seed);
    const [old, first, second] = before.map((words) => new BigUint64Array(words.buffer)) as [
      BigUint64Array,
      BigUint64Array,
      BigUint64Array,
    ];
    const result = new BigUint64Array(after.buffer);
    for (let n = 0; n < 4; n++) {
      const product = BigInt.asUintN(52, first[n]!) * BigInt.asUintN(52, second[n]!);
      expect(result[n]).toBe(BigInt.asUintN(64, old[n]! + BigInt.asUintN(52, product >> from)));
    }
  }
});
