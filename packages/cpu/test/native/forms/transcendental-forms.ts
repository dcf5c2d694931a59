import type { Draft } from "../draft.ts";
import { STACK, STATUS_WORD } from "../extended-image.ts";
import type { DeclaredDifference, Form } from "../form.ts";
import { realOperand } from "../special-values.ts";

/** Name, second byte, largest exponent of ST(0) for which the SDM defines the result. */
const FUNCTIONS: readonly (readonly [string, number, number])[] = [
  ["f2xm1", 0xf0, 0x3ffe],
  ["fyl2x", 0xf1, 0x7fff],
  ["fptan", 0xf2, 0x7fff],
  ["fpatan", 0xf3, 0x7fff],
  ["fyl2xp1", 0xf9, 0x3ffc],
  ["fsincos", 0xfb, 0x7fff],
  ["fsin", 0xfe, 0x7fff],
  ["fcos", 0xff, 0x7fff],
];

const EXPONENT_FIELD = 0x7fffn << 64n;
const PRECISION_AND_C1 = 0x220;
const RESULTS = 2;

/** Position among all values of its sign. */
function orderOf(view: DataView, at: number): bigint {
  const head = BigInt(view.getUint16(at + 8, true) & 0x7fff);
  return (head << 63n) + (view.getBigUint64(at, true) & ((1n << 63n) - 1n));
}

function isNeighbour(a: DataView, b: DataView, at: number): boolean {
  const distance = orderOf(a, at) - orderOf(b, at);
  const sameSign = a.getUint8(at + 9) >> 7 === b.getUint8(at + 9) >> 7;
  return sameSign && distance >= -1n && distance <= 1n;
}

const WITHIN_ONE_ULP: DeclaredDifference = {
  reason:
    "transcendental results are good to one unit in the last place (SDM 1, Transcendental Instruction Accuracy): ours are rounded correctly, and with them C1 and the precision exception",
  expect: (native, ours) => {
    const extended = native.extended!.slice();
    const [theirs, mine] = [new DataView(extended.buffer), new DataView(ours.extended!.buffer)];
    const places = Array.from({ length: RESULTS }, (_, n) => STACK + n * 16);
    if (!places.every((at) => isNeighbour(theirs, mine, at))) return native;
    for (const at of places) extended.set(ours.extended!.subarray(at, at + 10), at);
    const kept = theirs.getUint16(STATUS_WORD, true) & ~PRECISION_AND_C1;
    theirs.setUint16(STATUS_WORD, kept | (mine.getUint16(STATUS_WORD, true) & PRECISION_AND_C1), true);
    return { ...native, extended };
  },
};

/** The significand of pi, 62 bits of which lie behind the point. */
const PI = 0xc90fdaa22168c235n;

/** Next to a multiple of an eighth of pi. */
function nearMultipleOfPi(draft: Draft): bigint {
  const product = PI * BigInt(1 + draft.random.below(draft.random.pick([8, 64, 100000])));
  const excess = product.toString(2).length - 64;
  const significand = (product >> BigInt(excess)) + BigInt(draft.random.below(5) - 2);
  return (BigInt(draft.random.below(2)) << 79n) | (BigInt(0x3fff + excess - 2) << 64n) | significand;
}

function operandBelow(draft: Draft, exponent: number): bigint {
  if (exponent === 0x7fff && draft.random.chance(20)) return nearMultipleOfPi(draft);
  for (;;) {
    const value = realOperand(draft.random);
    const field = Number((value & EXPONENT_FIELD) >> 64n);
    if (field <= exponent || (field === 0x7fff && exponent >= 0x7fff)) return value;
    if (draft.random.chance(60)) return (value & ~EXPONENT_FIELD) | (BigInt(exponent - draft.random.below(30)) << 64n);
  }
}

/** The functions whose results processors do not promise to the last bit. */
export const TRANSCENDENTAL_FORMS: readonly Form[] = FUNCTIONS.map(([name, modrm, exponent]) => ({
  name,
  make: (draft) => {
    draft.x87();
    draft.extended.setReal(0, operandBelow(draft, exponent));
    return { bytes: [0xd9, modrm], declared: [WITHIN_ONE_ULP] };
  },
}));
