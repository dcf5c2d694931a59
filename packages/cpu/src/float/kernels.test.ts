import { describe, expect, test } from "vitest";
import { floatOperand, mxcsrOperand } from "../../test/float/float-values.ts";
import { Random, seedOf } from "../../test/native/random.ts";
import * as narrow from "./binary32.ts";
import * as wide from "./binary64.ts";
import { compare32, compare64 } from "./comparison.ts";
import * as conversion from "./conversion.ts";
import * as exact from "./exact-arithmetic.ts";
import { exactCompare } from "./exact-comparison.ts";
import { exactConvert, exactFromInteger, exactRoundToIntegral, exactToInteger } from "./exact-conversion.ts";
import { FloatUnit } from "./float-unit.ts";
import { BINARY16, BINARY32, BINARY64, type Format } from "./format.ts";
import { fused32, fused64, type Sign } from "./fused.ts";
import * as integral from "./integral.ts";
import { INVALID, PRECISION } from "./mxcsr.ts";

const CASES = 3000;
const SIGNS: readonly (readonly [Sign, Sign])[] = [
  [1, 1],
  [1, -1],
  [-1, 1],
  [-1, -1],
];

/** A fast kernel on slots 0, 1 and 2, and what the exact function says that it must leave in slot 3. */
interface Agreement {
  readonly name: string;
  /** Widths of operands and result, and the format that operands are drawn from: null for integers. */
  readonly from: number;
  readonly to: number;
  readonly format: Format | null;
  readonly kernel: (u: FloatUnit) => void;
  readonly exactly: (u: FloatUnit, a: bigint, b: bigint, c: bigint) => bigint;
}

function arithmetic(f: Format): Agreement[] {
  const k =
    f === BINARY32
      ? {
          add: narrow.add32,
          subtract: narrow.subtract32,
          multiply: narrow.multiply32,
          divide: narrow.divide32,
          root: narrow.squareRoot32,
          fused: fused32,
          compare: compare32,
          round: integral.round32,
          toInt32: integral.float32ToInt32,
          toInt64: integral.float32ToInt64,
        }
      : {
          add: wide.add64,
          subtract: wide.subtract64,
          multiply: wide.multiply64,
          divide: wide.divide64,
          root: wide.squareRoot64,
          fused: fused64,
          compare: compare64,
          round: integral.round64,
          toInt32: integral.float64ToInt32,
          toInt64: integral.float64ToInt64,
        };
  const shape = { from: f.width, to: f.width, format: f };
  return [
    { ...shape, name: "add", kernel: (u) => k.add(u, 0, 1, 3), exactly: (u, a, b) => exact.exactAdd(u, f, a, b) },
    {
      ...shape,
      name: "subtract",
      kernel: (u) => k.subtract(u, 0, 1, 3),
      exactly: (u, a, b) => exact.exactSubtract(u, f, a, b),
    },
    {
      ...shape,
      name: "multiply",
      kernel: (u) => k.multiply(u, 0, 1, 3),
      exactly: (u, a, b) => exact.exactMultiply(u, f, a, b),
    },
    {
      ...shape,
      name: "divide",
      kernel: (u) => k.divide(u, 0, 1, 3),
      exactly: (u, a, b) => exact.exactDivide(u, f, a, b),
    },
    {
      ...shape,
      name: "square root",
      kernel: (u) => k.root(u, 0, 3),
      exactly: (u, a) => exact.exactSquareRoot(u, f, a),
    },
    ...SIGNS.map(
      ([product, addend]): Agreement => ({
        ...shape,
        name: `fused ${product} ${addend}`,
        kernel: (u) => k.fused(u, 0, 1, 2, 3, product, addend),
        exactly: (u, a, b, c) => exact.exactFused(u, f, [a, b, c], { product: product < 0, addend: addend < 0 }),
      }),
    ),
    { ...shape, name: "round", kernel: (u) => k.round(u, 0, 3), exactly: (u, a) => exactRoundToIntegral(u, f, a) },
    {
      ...shape,
      name: "compare",
      kernel: (u) => {
        u.u64[3] = 0n;
        u.i32[f.width === 32 ? 3 : 6] = k.compare(u, 0, 1, false);
      },
      exactly: (u, a, b) => BigInt(exactCompare(u, f, a, b, false)),
    },
    {
      ...shape,
      name: "to int32",
      to: 32,
      kernel: (u) => k.toInt32(u, 0, 3),
      exactly: (u, a) => exactToInteger(u, f, a, 32),
    },
    {
      ...shape,
      name: "to int64",
      to: 64,
      kernel: (u) => k.toInt64(u, 0, 3),
      exactly: (u, a) => exactToInteger(u, f, a, 64),
    },
  ];
}

const AGREEMENTS: readonly Agreement[] = [
  ...arithmetic(BINARY32),
  ...arithmetic(BINARY64),
  {
    name: "to binary64",
    from: 32,
    to: 64,
    format: BINARY32,
    kernel: (u) => conversion.float32ToFloat64(u, 0, 3),
    exactly: (u, a) => exactConvert(u, BINARY32, BINARY64, a),
  },
  {
    name: "to binary32",
    from: 64,
    to: 32,
    format: BINARY64,
    kernel: (u) => conversion.float64ToFloat32(u, 0, 3),
    exactly: (u, a) => exactConvert(u, BINARY64, BINARY32, a),
  },
  {
    name: "int32 to binary32",
    from: 32,
    to: 32,
    format: null,
    kernel: (u) => conversion.int32ToFloat32(u, 0, 3),
    exactly: (u, a) => exactFromInteger(u, BINARY32, BigInt.asIntN(32, a)),
  },
  {
    name: "int32 to binary64",
    from: 32,
    to: 64,
    format: null,
    kernel: (u) => conversion.int32ToFloat64(u, 0, 3),
    exactly: (u, a) => exactFromInteger(u, BINARY64, BigInt.asIntN(32, a)),
  },
  {
    name: "int64 to binary32",
    from: 64,
    to: 32,
    format: null,
    kernel: (u) => conversion.int64ToFloat32(u, 0, 3),
    exactly: (u, a) => exactFromInteger(u, BINARY32, BigInt.asIntN(64, a)),
  },
  {
    name: "int64 to binary64",
    from: 64,
    to: 64,
    format: null,
    kernel: (u) => conversion.int64ToFloat64(u, 0, 3),
    exactly: (u, a) => exactFromInteger(u, BINARY64, BigInt.asIntN(64, a)),
  },
];

function store(u: FloatUnit, width: number, slot: number, bits: bigint): void {
  if (width === 64) u.u64[slot] = bits;
  else u.u32[slot] = Number(bits);
}

function load(u: FloatUnit, width: number, slot: number): bigint {
  return width === 64 ? u.u64[slot]! : BigInt(u.u32[slot]!);
}

describe("kernels agree with exact integer arithmetic", () => {
  const u = new FloatUnit(new ArrayBuffer(64));
  test.each(AGREEMENTS)("$name, from $from to $to bits", ({ name, from, to, format, kernel, exactly }) => {
    const random = new Random(seedOf(name, from));
    const different: string[] = [];
    for (let n = 0; n < CASES; n++) {
      const operands = [0, 1, 2].map(() =>
        format === null ? BigInt.asUintN(from, random.operand()) : floatOperand(random, format),
      );
      const mxcsr = mxcsrOperand(random);
      const [a, b, c] = operands as [bigint, bigint, bigint];
      u.begin(mxcsr);
      const expected = BigInt.asUintN(to, exactly(u, a, b, c));
      const expectedFlags = u.precisionKnown ? u.flags | PRECISION : u.flags;
      u.begin(mxcsr);
      operands.forEach((bits, slot) => {
        store(u, from, slot, bits);
      });
      kernel(u);
      const flags = u.precisionKnown ? u.flags | PRECISION : u.flags;
      const result = load(u, to, 3);
      if (result !== expected || flags !== expectedFlags)
        different.push(
          `${operands.map((bits) => bits.toString(16))} ${mxcsr.toString(16)}: ${result.toString(16)} ${flags}, not ${expected.toString(16)} ${expectedFlags}`,
        );
    }
    expect(different.slice(0, 5)).toEqual([]);
  });

  test("every binary16 number", () => {
    const different: number[] = [];
    for (let bits = 0; bits < 0x10000; bits++) {
      u.begin(0x1f80);
      const expected = Number(exactConvert(u, BINARY16, BINARY32, BigInt(bits)));
      const expectedFlags = u.flags & INVALID;
      u.begin(0x1fc0);
      u.u16[0] = bits;
      conversion.float16ToFloat32(u, 0, 3);
      if (u.u32[3] !== expected || u.flags !== expectedFlags) different.push(bits);
    }
    expect(different).toEqual([]);
  });
});
