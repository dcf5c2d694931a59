import type { Draft, RmOperand } from "../draft.ts";
import { littleEndian } from "../draft.ts";
import { encode } from "../encode.ts";
import { MXCSR, OPCODE, STACK, STATUS_WORD } from "../extended-image.ts";
import type { DeclaredDifference, Drafted, Form } from "../form.ts";
import { WINDOW, WINDOW_BYTES } from "../native-case.ts";
import { laneOperand, realOperand } from "../special-values.ts";

/** What a memory operand holds, and its bytes. */
const CONTENTS = {
  m32: 4,
  m64: 8,
  m80: 10,
  i16: 2,
  i32: 4,
  i64: 8,
  bcd: 10,
} as const;

type Content = keyof typeof CONTENTS;

function packedDecimal(draft: Draft): bigint {
  let value = BigInt(draft.random.below(2) * 0x80 + draft.random.below(4));
  for (let n = 0; n < 18; n++) value = (value << 4n) | BigInt(draft.random.chance(20) ? 0 : draft.random.below(10));
  return value;
}

function contentValue(draft: Draft, content: Content): bigint {
  if (content === "m80") return realOperand(draft.random);
  if (content === "bcd") return packedDecimal(draft);
  if (content === "m32" || content === "m64") return laneOperand(draft.random, content === "m32" ? "f32" : "f64");
  return laneOperand(draft.random, content);
}

/** A memory operand that holds something suitable, where it lies within the window. */
function memoryOf(draft: Draft, bytes: number, value: bigint): RmOperand {
  const target = draft.target(bytes);
  const at = Number(target - BigInt(WINDOW));
  if (at >= 0 && at + bytes <= WINDOW_BYTES) {
    draft.window.set([...littleEndian(value, 8), ...littleEndian(value >> 64n, bytes)].slice(0, bytes), at);
  }
  return draft.memory(bytes, target);
}

function memoryForm(name: string, opcode: number, reg: number, content: Content): Form {
  return {
    name: `${name} ${content}`,
    make: (draft) => {
      draft.x87();
      const rm = memoryOf(draft, CONTENTS[content], contentValue(draft, content));
      return { bytes: encode(draft, { width: 32, opcode: [opcode], reg, rm }) };
    },
  };
}

const ARITHMETIC = ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"];
const INTEGER_ARITHMETIC = ["fiadd", "fimul", "ficom", "ficomp", "fisub", "fisubr", "fidiv", "fidivr"];

/** Name, first byte, ModRM.reg, what the operand is. */
const MEMORY: readonly (readonly [string, number, number, Content])[] = [
  ...ARITHMETIC.map((name, reg) => [name, 0xd8, reg, "m32"] as const),
  ...INTEGER_ARITHMETIC.map((name, reg) => [name, 0xda, reg, "i32"] as const),
  ...ARITHMETIC.map((name, reg) => [name, 0xdc, reg, "m64"] as const),
  ...INTEGER_ARITHMETIC.map((name, reg) => [name, 0xde, reg, "i16"] as const),
  ["fld", 0xd9, 0, "m32"],
  ["fst", 0xd9, 2, "m32"],
  ["fstp", 0xd9, 3, "m32"],
  ["fild", 0xdb, 0, "i32"],
  ["fisttp", 0xdb, 1, "i32"],
  ["fist", 0xdb, 2, "i32"],
  ["fistp", 0xdb, 3, "i32"],
  ["fld", 0xdb, 5, "m80"],
  ["fstp", 0xdb, 7, "m80"],
  ["fld", 0xdd, 0, "m64"],
  ["fisttp", 0xdd, 1, "i64"],
  ["fst", 0xdd, 2, "m64"],
  ["fstp", 0xdd, 3, "m64"],
  ["fild", 0xdf, 0, "i16"],
  ["fisttp", 0xdf, 1, "i16"],
  ["fist", 0xdf, 2, "i16"],
  ["fistp", 0xdf, 3, "i16"],
  ["fbld", 0xdf, 4, "bcd"],
  ["fild", 0xdf, 5, "i64"],
  ["fbstp", 0xdf, 6, "bcd"],
  ["fistp", 0xdf, 7, "i64"],
];

/** Instructions whose ModRM byte has a register: name, first byte, ModRM of ST(0). */
const REGISTER: readonly (readonly [string, number, number])[] = [
  ...ARITHMETIC.map((name, n) => [`${name} st,sti`, 0xd8, 0xc0 + n * 8] as const),
  ...ARITHMETIC.map((name, n) => [`${name} sti,st`, 0xdc, 0xc0 + n * 8] as const),
  ["fld sti", 0xd9, 0xc0],
  ["fxch sti", 0xd9, 0xc8],
  ["fstpnce sti", 0xd9, 0xd8],
  ["fcmovb", 0xda, 0xc0],
  ["fcmove", 0xda, 0xc8],
  ["fcmovbe", 0xda, 0xd0],
  ["fcmovu", 0xda, 0xd8],
  ["fcmovnb", 0xdb, 0xc0],
  ["fcmovne", 0xdb, 0xc8],
  ["fcmovnbe", 0xdb, 0xd0],
  ["fcmovnu", 0xdb, 0xd8],
  ["fucomi", 0xdb, 0xe8],
  ["fcomi", 0xdb, 0xf0],
  ["ffree sti", 0xdd, 0xc0],
  ["fxch4 sti", 0xdd, 0xc8],
  ["fst sti", 0xdd, 0xd0],
  ["fstp sti", 0xdd, 0xd8],
  ["fucom sti", 0xdd, 0xe0],
  ["fucomp sti", 0xdd, 0xe8],
  ["faddp", 0xde, 0xc0],
  ["fmulp", 0xde, 0xc8],
  ["fcomp5 sti", 0xde, 0xd0],
  ["fsubrp", 0xde, 0xe0],
  ["fsubp", 0xde, 0xe8],
  ["fdivrp", 0xde, 0xf0],
  ["fdivp", 0xde, 0xf8],
  ["ffreep sti", 0xdf, 0xc0],
  ["fxch7 sti", 0xdf, 0xc8],
  ["fstp8 sti", 0xdf, 0xd0],
  ["fstp9 sti", 0xdf, 0xd8],
  ["fucomip", 0xdf, 0xe8],
  ["fcomip", 0xdf, 0xf0],
];

/** Instructions without operands: name, both bytes. */
const PLAIN: readonly (readonly [string, number, number])[] = [
  ["fnop", 0xd9, 0xd0],
  ["fchs", 0xd9, 0xe0],
  ["fabs", 0xd9, 0xe1],
  ["ftst", 0xd9, 0xe4],
  ["fxam", 0xd9, 0xe5],
  ["fld1", 0xd9, 0xe8],
  ["fldl2t", 0xd9, 0xe9],
  ["fldl2e", 0xd9, 0xea],
  ["fldpi", 0xd9, 0xeb],
  ["fldlg2", 0xd9, 0xec],
  ["fldln2", 0xd9, 0xed],
  ["fldz", 0xd9, 0xee],
  ["fxtract", 0xd9, 0xf4],
  ["fprem1", 0xd9, 0xf5],
  ["fdecstp", 0xd9, 0xf6],
  ["fincstp", 0xd9, 0xf7],
  ["fprem", 0xd9, 0xf8],
  ["fsqrt", 0xd9, 0xfa],
  ["frndint", 0xd9, 0xfc],
  ["fscale", 0xd9, 0xfd],
  ["fucompp", 0xda, 0xe9],
  ["fneni", 0xdb, 0xe0],
  ["fndisi", 0xdb, 0xe1],
  ["fnclex", 0xdb, 0xe2],
  ["fninit", 0xdb, 0xe3],
  ["fnsetpm", 0xdb, 0xe4],
  ["fcompp", 0xde, 0xd9],
  ["fnstsw ax", 0xdf, 0xe0],
];

const C1_IN_HIGH_BYTE = 2;

const ORDER_LEAVES_C1: DeclaredDifference = {
  reason: "FCOMI and FUCOMI clear C1 (SDM 2, Flags Affected); AMD's processors leave it alone",
  expect: (native) => {
    const extended = native.extended!.slice();
    extended[STATUS_WORD + 1]! &= ~C1_IN_HIGH_BYTE;
    return { ...native, extended };
  },
};

const FAULTS_IN_OTHER_ORDER: DeclaredDifference = {
  reason: "which part of a long operand is tried first when the second page faults is the processor's own affair",
  expect: (native, ours) => (native.cr2 >> 12n === ours.cr2 >> 12n ? { ...native, cr2: ours.cr2 } : native),
};

function registerForm(name: string, opcode: number, modrm: number, registers: number): Form {
  return {
    name,
    make: (draft) => {
      draft.x87();
      const declared = LEAVES_C1.test(name) ? [ORDER_LEAVES_C1] : [];
      return { bytes: [opcode, modrm + draft.random.below(registers)], declared };
    },
  };
}

const LEAVES_C1 = /^fu?comip?$/;
const CHAINED = REGISTER.filter(([name]) => !LEAVES_C1.test(name));

/** Exceptions may be pending beforehand. */
function draftPending(draft: Draft): void {
  draft.x87();
  if (draft.random.chance(50)) draft.extended.raisePending(draft.random.word() & 0x7f);
}

function controlForm(name: string, opcode: number, reg: number, bytes: number, width: 16 | 32 = 32): Form {
  return {
    name,
    make: (draft): Drafted => {
      draftPending(draft);
      const rm = memoryOf(draft, bytes, draft.random.quad());
      return {
        bytes: encode(draft, { width, opcode: [opcode], reg, rm }),
        declared: [FAULTS_IN_OTHER_ORDER],
      };
    },
  };
}

const CONTROL: readonly Form[] = [
  controlForm("fldcw", 0xd9, 5, 2),
  controlForm("fnstcw", 0xd9, 7, 2),
  controlForm("fnstsw m", 0xdd, 7, 2),
  controlForm("fldenv 32", 0xd9, 4, 28),
  controlForm("fnstenv 32", 0xd9, 6, 28),
  controlForm("frstor 32", 0xdd, 4, 108),
  controlForm("fnsave 32", 0xdd, 6, 108),
  controlForm("fldenv 16", 0xd9, 4, 14, 16),
  controlForm("fnstenv 16", 0xd9, 6, 14, 16),
  controlForm("frstor 16", 0xdd, 4, 94, 16),
  controlForm("fnsave 16", 0xdd, 6, 94, 16),
];

const STATUS_SUMMARY = 0x80;

const SAVES_OTHER_POINTERS: DeclaredDifference = {
  reason: "AMD's processors save the pointers only with an exception pending, and MXCSR_MASK is the processor's own",
  expect: (native, ours) => {
    const window = native.window.slice();
    window.set(ours.window.subarray(MXCSR + 4, STACK), MXCSR + 4);
    const pending = (native.window[STATUS_WORD]! & STATUS_SUMMARY) !== 0;
    if (!pending) window.set(ours.window.subarray(OPCODE, MXCSR), OPCODE);
    return { ...native, window };
  },
};

/** FXSAVE to the begin of the window, which shows the x87 part of the image. */
const SAVES: readonly Form[] = ([32, 64] as const).map((width) => ({
  name: `fxsave ${width}`,
  make: (draft) => {
    draftPending(draft);
    const rm = draft.memory(WINDOW_BYTES, BigInt(WINDOW));
    return {
      bytes: encode(draft, { width, opcode: [0x0f, 0xae], reg: 0, rm }),
      declared: [SAVES_OTHER_POINTERS],
    };
  },
}));

/** Any instruction with exceptions that may be pending, then one that waits or does not. */
const PENDING: readonly Form[] = [
  ...(
    [
      ["fwait", [0x9b]],
      ["fld1", [0xd9, 0xe8]],
      ["fnop", [0xd9, 0xd0]],
      ["fnclex", [0xdb, 0xe2]],
      ["fninit", [0xdb, 0xe3]],
      ["fnstsw ax", [0xdf, 0xe0]],
      ["fxam", [0xd9, 0xe5]],
      ["ffree", [0xdd, 0xc1]],
      ["fincstp", [0xd9, 0xf7]],
    ] as const
  ).map(
    ([name, bytes]): Form => ({
      name: `${name} with pending exceptions`,
      make: (draft) => {
        draftPending(draft);
        return { bytes };
      },
    }),
  ),
  {
    name: "x87 chain",
    make: (draft) => {
      draft.x87();
      const steps = 2 + draft.random.below(6);
      const bytes: number[] = [];
      for (let n = 0; n < steps; n++) {
        const plain = draft.random.chance(30);
        const [, opcode, modrm] = draft.random.pick(plain ? PLAIN : CHAINED);
        bytes.push(opcode, modrm + (plain ? 0 : draft.random.below(8)));
      }
      return { bytes, steps };
    },
  },
];

/** The x87 instruction set but for its transcendental functions. */
export const X87_FORMS: readonly Form[] = [
  ...MEMORY.map(([name, opcode, reg, content]) => memoryForm(name, opcode, reg, content)),
  ...REGISTER.map(([name, opcode, modrm]) => registerForm(name, opcode, modrm, 8)),
  ...PLAIN.map(([name, opcode, modrm]) => registerForm(name, opcode, modrm, 1)),
  ...CONTROL,
  ...SAVES,
  ...PENDING,
];
