import { fused32, fused64, type Sign } from "../../float/fused.ts";
import { STATUS_ABORTED, STATUS_NEXT } from "../../op.ts";
import { A, B, C, R } from "../lanes.ts";
import type { VectorCompiler } from "../vector-instruction.ts";
import { isReady } from "../vector-need.ts";
import { readVector, vectorSource, vectorTarget, writeVector } from "../vector-operands.ts";
import { beginFloat, type ElementBytes, SLOTS, settleFloat, unit } from "./float-execution.ts";
import { keepAbove } from "./float-shapes.ts";

/** Signs of the product and of the addend, in even elements and in odd ones. */
interface FusedSigns {
  readonly product: Sign;
  readonly even: Sign;
  readonly odd: Sign;
}

const FAMILIES: Readonly<Record<string, FusedSigns>> = {
  vfmadd: { product: 1, even: 1, odd: 1 },
  vfmsub: { product: 1, even: -1, odd: -1 },
  vfnmadd: { product: -1, even: 1, odd: 1 },
  vfnmsub: { product: -1, even: -1, odd: -1 },
  vfmaddsub: { product: 1, even: -1, odd: 1 },
  vfmsubadd: { product: 1, even: 1, odd: -1 },
};

/** Which operands, counted from 1, are multiplied, and which is added: the digits of the mnemonic. */
const ORDERS = ["132", "213", "231"];

type Place = "a" | "b" | "c";
const PLACES: readonly Place[] = ["a", "b", "c"];

/** Computes element `n` of the result. */
type FusedElement = (n: number) => void;

/** result = product x (x * y) + addend x w. The operands are in lanes A, B and C in their order. */
function fusedElements(size: ElementBytes, order: string, { product, even, odd }: FusedSigns): FusedElement {
  const slots = SLOTS[size];
  const [x, y, w] = [...order].map((digit) => slots[PLACES[Number(digit) - 1]!]) as [number, number, number];
  const kernel = size === 4 ? fused32 : fused64;
  return (n) => kernel(unit, x + n, y + n, w + n, slots.r + n, product, (n & 1) === 0 ? even : odd);
}

/** A scalar instruction takes the rest of the result from the first operand. */
function fused(size: ElementBytes, element: FusedElement, isScalar: boolean): VectorCompiler {
  return (form) => {
    const { need } = form;
    const elements = isScalar ? 1 : form.bytes / size;
    const [first, second, third] = [vectorSource(form, 0), vectorSource(form, 1), vectorSource(form, 2)];
    const target = vectorTarget(form, 0);
    return (c, i) => {
      if (!isReady(c, need) || !readVector(c, i, third, C)) return STATUS_ABORTED;
      readVector(c, i, first, A);
      readVector(c, i, second, B);
      beginFloat(c);
      for (let n = 0; n < elements; n++) element(n);
      if (!settleFloat(c)) return STATUS_ABORTED;
      if (isScalar) keepAbove(size);
      writeVector(c, target, R);
      return STATUS_NEXT;
    };
  };
}

function family(name: string, signs: FusedSigns): [string, VectorCompiler][] {
  const alternates = signs.even !== signs.odd;
  return ORDERS.flatMap((order) =>
    (["ps", "pd", "ss", "sd"] as const)
      .filter((suffix) => !(alternates && suffix.startsWith("s")))
      .map((suffix): [string, VectorCompiler] => {
        const isScalar = suffix.startsWith("s");
        const size = suffix.endsWith("s") ? 4 : 8;
        const compile = fused(size, fusedElements(size, order, signs), isScalar);
        return [`${name}${order}${suffix}`, compile];
      }),
  );
}

/** FMA (SDM 1 "Fused-Multiply-ADD (FMA) Extensions"). */
export const FLOAT_FUSED: Readonly<Record<string, VectorCompiler>> = Object.fromEntries(
  Object.entries(FAMILIES).flatMap(([name, signs]) => family(name, signs)),
);
