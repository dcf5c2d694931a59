import type { Draft, RmOperand } from "../draft.ts";
import { encode, encodeVex } from "../encode.ts";
import { OPCODE, STACK, STATUS_WORD, TAGS, XMM } from "../extended-image.ts";
import type { DeclaredDifference, Form } from "../form.ts";
import type { Lane } from "../special-values.ts";
import { floatVectors } from "./float-operands.ts";

const SIMD_EXCEPTION = 19;
const WIDTHS = [32, 64] as const;
const SCALARS = [
  ["ss", 2, 0xf3, "f32", 4],
  ["sd", 3, 0xf2, "f64", 8],
] as const;

interface Scalar {
  readonly name: string;
  readonly opcode: number;
  readonly prefix: 2 | 3;
  readonly legacyPrefix: number;
  readonly width: 32 | 64;
  readonly lane: Lane;
  readonly rm: (draft: Draft) => RmOperand;
  readonly hasVvvv: boolean;
}

/** A conversion between a general register and an element, in both encodings. */
function scalarForms(scalar: Scalar): Form[] {
  const { name, opcode, prefix, legacyPrefix, width, lane, rm, hasVvvv } = scalar;
  const legacy: Form = {
    name: `${name} sse ${width}`,
    make: (draft) => {
      floatVectors(draft, lane);
      const reg = draft.register();
      return { bytes: encode(draft, { width, prefix: legacyPrefix, opcode: [0x0f, opcode], reg, rm: rm(draft) }) };
    },
  };
  const vex: Form = {
    name: `${name} vex128 ${width}`,
    make: (draft) => {
      floatVectors(draft, lane);
      const reg = draft.register();
      const vvvv = hasVvvv ? draft.register() : 0;
      return { bytes: encodeVex({ width, map: 1, prefix, opcode, reg, vvvv, rm: rm(draft) }) };
    },
  };
  return [legacy, vex];
}

function registerOrElement(bytes: number): (draft: Draft) => RmOperand {
  return (draft) => (draft.random.chance(60) ? draft.registerOperand(draft.register()) : draft.memory(bytes));
}

const GENERAL_FORMS = WIDTHS.flatMap((width) =>
  SCALARS.flatMap(([suffix, prefix, legacyPrefix, lane, bytes]) => {
    const common = { prefix, legacyPrefix, width };
    const element = registerOrElement(bytes);
    return [
      ...scalarForms({
        ...common,
        name: `cvtsi2${suffix}`,
        opcode: 0x2a,
        lane: "i64",
        rm: registerOrElement(width / 8),
        hasVvvv: true,
      }),
      ...scalarForms({ ...common, name: `cvtt${suffix}2si`, opcode: 0x2c, lane, rm: element, hasVvvv: false }),
      ...scalarForms({ ...common, name: `cvt${suffix}2si`, opcode: 0x2d, lane, rm: element, hasVvvv: false }),
    ];
  }),
);

/** VCVTPS2PH stores to ModRM.rm. */
function toHalf(length: 128 | 256): Form {
  return {
    name: `vcvtps2ph vex${length}`,
    make: (draft) => {
      floatVectors(draft, "f32");
      const reg = draft.register();
      const rm = registerOrElement(length / 16)(draft);
      const immediate = [draft.random.below(256)];
      return { bytes: encodeVex({ width: 32, length, map: 3, prefix: 1, opcode: 0x1d, reg, vvvv: 0, rm, immediate }) };
    },
  };
}

/** What entering MMX state makes of an image: TOP is 0, no register is empty, and the stack shows the registers in their order. */
function inMmxState(image: Uint8Array): Uint8Array {
  const result = Uint8Array.from(image);
  const view = new DataView(result.buffer);
  const status = view.getUint16(STATUS_WORD, true);
  const top = (status >> 11) & 7;
  view.setUint16(STATUS_WORD, status & ~0x3800, true);
  result[TAGS] = 0xff;
  for (let n = 0; n < 8; n++) {
    const from = STACK + ((n - top) & 7) * 16;
    result.set(image.subarray(from, from + 16), STACK + n * 16);
  }
  return result;
}

/** The state from before the instruction is what must be there. */
const EARLY_MMX_STATE: DeclaredDifference = {
  reason: "AMD enters MMX state before it finds the SIMD exception of the conversion, Intel does not",
  expect: (native, _ours, item) => {
    if (native.vector !== SIMD_EXCEPTION || native.extended === undefined) return native;
    const entered = inMmxState(item.extended!);
    const x87 = (image: Uint8Array) => [...image.subarray(0, OPCODE), ...image.subarray(STACK, XMM)].join();
    if (x87(native.extended) !== x87(entered)) return native;
    const extended = Uint8Array.from(native.extended);
    extended.set(item.extended!.subarray(0, OPCODE), 0);
    extended.set(item.extended!.subarray(STACK, XMM), STACK);
    return { ...native, extended };
  },
};

/** Name, mandatory prefix, opcode, lanes of the source, whether it is an MMX register, bytes in memory. */
const MMX_ROWS = [
  ["cvtpi2ps", undefined, 0x2a, "i32", true, 8],
  ["cvtpi2pd", 0x66, 0x2a, "i32", true, 8],
  ["cvttps2pi", undefined, 0x2c, "f32", false, 8],
  ["cvttpd2pi", 0x66, 0x2c, "f64", false, 16],
  ["cvtps2pi", undefined, 0x2d, "f32", false, 8],
  ["cvtpd2pi", 0x66, 0x2d, "f64", false, 16],
] as const;

function mmxForm([name, prefix, opcode, lane, fromMmx, size]: (typeof MMX_ROWS)[number]): Form {
  return {
    name,
    make: (draft) => {
      draft.mmx("i32");
      floatVectors(draft, lane);
      if (draft.random.chance(10)) draft.extended.raisePending(draft.random.below(64));
      const [mmx, xmm] = [draft.random.below(8), draft.register()];
      const [reg, from] = fromMmx ? [xmm, mmx] : [mmx, xmm];
      const memory = size === 16 ? draft.alignedMemory(16) : draft.memory(size);
      const rm = draft.random.chance(60) ? draft.registerOperand(from) : memory;
      const mandatory = prefix === undefined ? {} : { prefix };
      const bytes = encode(draft, { width: 32, ...mandatory, opcode: [0x0f, opcode], reg, rm });
      return { bytes, declared: [EARLY_MMX_STATE] };
    },
  };
}

/** Conversions that have an operand elsewhere than in XMM and YMM registers. */
export const FLOAT_CONVERSION_FORMS: readonly Form[] = [
  ...GENERAL_FORMS,
  toHalf(128),
  toHalf(256),
  ...MMX_ROWS.map(mmxForm),
];
