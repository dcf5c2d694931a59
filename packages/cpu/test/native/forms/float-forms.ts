import type { Draft, RmOperand } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import { vectorOffset } from "../extended-image.ts";
import type { DeclaredDifference, Drafted, Form } from "../form.ts";
import { floatVectors } from "./float-operands.ts";
import { APPROXIMATION_ROWS, FLAG_COMPARE_ROWS, FLOAT_ROWS, type FloatRow, FUSED_ROWS } from "./float-table.ts";

const ESCAPES = { 1: [0x0f], 2: [0x0f, 0x38], 3: [0x0f, 0x3a] } as const;
const PREFIXES = [undefined, 0x66, 0xf3, 0xf2] as const;

/** Instruction encodings: legacy SSE, or VEX with a vector length. */
type Encoding = "sse" | "vex128" | "vex256";

interface Parsed {
  readonly row: FloatRow;
  readonly hasVvvv: boolean;
  readonly hasImmediate: boolean;
}

function rmOperand(draft: Draft, row: FloatRow, encoding: Encoding): RmOperand {
  if (draft.random.chance(60)) return draft.registerOperand(draft.register());
  const vector = encoding === "vex256" ? 32 : 16;
  const memory = row[5];
  const bytes = memory === "x" ? vector : memory === "h" ? vector / 2 : memory;
  return encoding === "sse" && bytes === 16 ? draft.alignedMemory(16) : draft.memory(bytes);
}

function draftBytes(draft: Draft, { row, hasVvvv, hasImmediate }: Parsed, encoding: Encoding, reg: number): number[] {
  const [, map, prefix, opcode, , , flags] = row;
  const rm = rmOperand(draft, row, encoding);
  const immediate = hasImmediate ? [draft.random.below(256)] : [];
  if (encoding !== "sse") {
    return encodeVex({
      width: flags.includes("w1") ? 64 : 32,
      length: encoding === "vex256" ? 256 : 128,
      map,
      prefix,
      opcode,
      reg,
      vvvv: hasVvvv ? draft.register() : 0,
      rm,
      immediate,
      short: draft.random.chance(50),
    });
  }
  const mandatory = PREFIXES[prefix];
  const rest = mandatory === undefined ? {} : { prefix: mandatory };
  return encode(draft, { width: 32, ...rest, opcode: [...ESCAPES[map], opcode], reg, rm, immediate });
}

type Finish = (bytes: readonly number[], reg: number) => Drafted;

function formsOf(row: FloatRow, finish: Finish): Form[] {
  const [name, , , , lane, , flags] = row;
  const parsed = { row, hasVvvv: flags.includes("v"), hasImmediate: / ?\bi\b/.test(flags) };
  const encodings: Encoding[] = [
    ...(flags.includes("nolegacy") ? [] : (["sse"] as const)),
    "vex128",
    ...(flags.includes("no256") ? [] : (["vex256"] as const)),
  ];
  return encodings.map((encoding) => ({
    name: `${name} ${encoding}`,
    make: (draft) => {
      floatVectors(draft, lane);
      const reg = draft.register();
      return finish(draftBytes(draft, parsed, encoding, reg), reg);
    },
  }));
}

/** Twice the error that the SDM allows, since both processors may be wrong by that much. */
const ALLOWED = 2 * 1.5 * 2 ** -12;

function isClose(native: number, ours: number): boolean {
  return Object.is(native, ours) || Math.abs(native - ours) <= ALLOWED * Math.abs(ours);
}

/** Lanes of the destination may differ by what the SDM allows. */
function approximately(reg: number): DeclaredDifference {
  return {
    reason: "RCPPS and RSQRTPS are approximations whose values the SDM leaves open within an error of 1.5 x 2^-12",
    expect: (native, ours) => {
      if (native.extended === undefined || ours.extended === undefined) return native;
      const extended = Uint8Array.from(native.extended);
      const theirs = new DataView(extended.buffer);
      const mine = new DataView(ours.extended.buffer, ours.extended.byteOffset);
      for (const half of [0, 1] as const) {
        for (let at = vectorOffset(reg, half), n = 0; n < 4; n++, at += 4) {
          if (isClose(theirs.getFloat32(at, true), mine.getFloat32(at, true)))
            theirs.setUint32(at, mine.getUint32(at, true), true);
        }
      }
      return { ...native, extended };
    },
  };
}

/** Floating-point arithmetic, comparisons and conversions within vector registers. */
export const FLOAT_FORMS: readonly Form[] = [
  ...[...FLOAT_ROWS, ...FLAG_COMPARE_ROWS, ...FUSED_ROWS].flatMap((row) => formsOf(row, (bytes) => ({ bytes }))),
  ...APPROXIMATION_ROWS.flatMap((row) => formsOf(row, (bytes, reg) => ({ bytes, declared: [approximately(reg)] }))),
];
