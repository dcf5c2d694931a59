import { type Draft, littleEndian, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode } from "../encode.ts";
import type { DeclaredDifference, Drafted, Form } from "../form.ts";
import { PAGE_FAULT, WINDOW, WINDOW_BYTES } from "../native-case.ts";

const [ES, _CS, _SS, DS, FS, GS] = [0, 1, 2, 3, 4, 5];
const NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];
/** Null, flat code and data of programs with any RPL, the kernel's, empty ones, and what lies beyond the tables. */
const SELECTORS = [0, 1, 3, 0x23, 0x2b, 0x33, 0x20, 0x29, 0x32, 0x08, 0x10, 0x18, 0x1b, 0x60, 0x6b, 0x17, 0x88, 0xfffb];
const CODE_SELECTORS = [0x33, 0x33, 0x23, 0x23, 0x32, 0x20, 0x2b, 0x10, 0, 3, 0x63, 0x8b];
const FLAGS_TO_LOAD = 0x0cd5;
const TRAP_AND_FIXED = 0x302;

const FRAME_BYTES = 40n;

const FRAME_READ_IN_OTHER_ORDER: DeclaredDifference = {
  reason: "which part of a frame is read first is the processor's own affair, and shows where it faults",
  expect: (native, ours) => {
    const distance = native.cr2 - ours.cr2;
    return distance >= 0n && distance < FRAME_BYTES ? { ...native, cr2: ours.cr2 } : native;
  },
};

const STACK_FAULT = 12;

const PUSHES_IN_NEW_MODE: DeclaredDifference = {
  reason:
    "a far call out of 64-bit mode pushes before it loads CS (SDM 2, CALL), so a non-canonical RSP is #SS; AMD's processors push by ESP",
  expect: (native, ours) =>
    native.vector === PAGE_FAULT && native.cr2 < 1n << 32n && ours.vector === STACK_FAULT
      ? { ...native, vector: ours.vector, errorCode: ours.errorCode, cr2: ours.cr2 }
      : native,
};

function segmented(name: string, make: (draft: Draft) => number[], more: Omit<Drafted, "bytes"> = {}): Form {
  return {
    name,
    make: (draft) => {
      draft.withSegments();
      return { bytes: make(draft), ...more };
    },
  };
}

/** A memory operand with given bytes. */
function memoryWith(draft: Draft, bytes: readonly number[]) {
  const at = draft.random.below(WINDOW_BYTES - bytes.length + 1);
  draft.window.set(bytes, at);
  return draft.memory(bytes.length, BigInt(WINDOW + at));
}

function moves(width: 16 | 32 | 64): Form[] {
  return [
    segmented(`mov rm,sreg ${width}`, (draft) =>
      encode(draft, { width, opcode: [0x8c], reg: draft.random.below(6), rm: draft.registerOrMemory(2) }),
    ),
    ...[ES, DS, FS, GS].map((reg) =>
      segmented(`mov ${NAMES[reg!]},rm ${width}`, (draft) => {
        const selector = draft.random.pick(SELECTORS);
        const inRegister = draft.random.chance(50);
        const register = draft.register();
        if (inRegister) draft.fix(register, (draft.gpr[register]! & ~0xffffn) | BigInt(selector));
        const rm = inRegister ? draft.registerOperand(register) : memoryWith(draft, littleEndian(selector, 2));
        return encode(draft, { width, opcode: [0x8e], reg: reg!, rm });
      }),
    ),
  ];
}

/** PUSH and POP of a segment register: name, opcode. */
const STACK: readonly (readonly [string, readonly number[]])[] = [
  ["push fs", [0x0f, 0xa0]],
  ["push gs", [0x0f, 0xa8]],
  ["pop fs", [0x0f, 0xa1]],
  ["pop gs", [0x0f, 0xa9]],
];
const STACK_32: readonly (readonly [string, readonly number[]])[] = [
  ["push es", [0x06]],
  ["push cs", [0x0e]],
  ["push ss", [0x16]],
  ["push ds", [0x1e]],
  ["pop es", [0x07]],
  ["pop ds", [0x1f]],
];

/** Puts values of a width at the top of the stack. */
function stackWith(draft: Draft, width: number, values: readonly (number | bigint)[]): void {
  draft.stack();
  const bytes = values.flatMap((value) => littleEndian(value, width / 8));
  const at = Number(draft.gpr[4]! - BigInt(WINDOW));
  if (at >= 0 && at + bytes.length <= WINDOW_BYTES) draft.window.set(bytes, at);
}

function stackForm([name, opcode]: (typeof STACK)[number]): Form {
  return segmented(name, (draft) => {
    stackWith(draft, 16, [draft.random.pick(SELECTORS), draft.random.below(65536)]);
    return [...(draft.random.chance(30) ? [0x66] : []), ...opcode];
  });
}

function farPointer(draft: Draft, width: number, selectors: readonly number[]): number[] {
  const offset = width === 16 ? draft.random.below(0x10000) : draft.random.word() >>> 1;
  return [...littleEndian(offset, width / 8), ...littleEndian(draft.random.pick(selectors), 2)];
}

/** LES, LDS, LFS, LGS. */
function pointerLoad(name: string, opcode: readonly number[], width: 16 | 32): Form {
  return segmented(`${name} ${width}`, (draft) => {
    const rm = memoryWith(draft, farPointer(draft, width, SELECTORS));
    return encode(draft, { width, opcode, reg: draft.register(), rm });
  });
}

function farIndirect(name: string, reg: number, width: 16 | 32): Form {
  const make = (draft: Draft) => {
    draft.stack();
    const rm = memoryWith(draft, farPointer(draft, width, CODE_SELECTORS));
    return encode(draft, { width, opcode: [0xff], reg, rm });
  };
  return segmented(`${name} m16:${width}`, make, { declared: [PUSHES_IN_NEW_MODE] });
}

function farDirect(name: string, opcode: number, width: 16 | 32): Form {
  return segmented(`${name} ptr16:${width}`, (draft) => {
    draft.stack();
    return [...draft.sizePrefix(width), opcode, ...farPointer(draft, width, CODE_SELECTORS)];
  });
}

function wide(draft: Draft, width: Width): number[] {
  return width === 64 ? [0x48] : draft.sizePrefix(width);
}

function farReturn(width: 16 | 32 | 64, immediate: boolean): Form {
  const make = (draft: Draft) => {
    const offset = width === 16 ? draft.random.below(0x10000) : draft.random.word() >>> 1;
    stackWith(draft, width, [offset, draft.random.pick(CODE_SELECTORS)]);
    const bytes = wide(draft, width);
    return immediate ? [...bytes, 0xca, ...littleEndian(draft.random.below(64), 2)] : [...bytes, 0xcb];
  };
  return segmented(`retf${immediate ? " i16" : ""} ${width}`, make, { declared: [FRAME_READ_IN_OTHER_ORDER] });
}

/** IRET to the same privilege level, with TF in the flags that it loads, lest the harness lose its step. */
function interruptReturn(width: 16 | 32 | 64): Form {
  const make = (draft: Draft) => {
    const offset = width === 16 ? draft.random.below(0x10000) : draft.random.word() >>> 1;
    const flags = (draft.random.word() & FLAGS_TO_LOAD) | TRAP_AND_FIXED;
    const frame = [offset, draft.random.pick(CODE_SELECTORS), flags, draft.random.word() >>> 1, 0x2b];
    stackWith(draft, width, frame);
    return [...wide(draft, width), 0xcf];
  };
  return segmented(`iret ${width}`, make, { declared: [FRAME_READ_IN_OTHER_ORDER] });
}

/** The per-processor segment of Linux, whose limit is a number of the processor's, is not asked for. */
const DESCRIBED = SELECTORS.filter((selector) => selector >> 3 !== 0x78 >> 3);

function descriptorQuery(name: string, opcode: readonly number[], reg: number | undefined, width: Width): Form {
  return segmented(`${name} ${width}`, (draft) => {
    const selector = draft.random.pick(DESCRIBED);
    const register = draft.register();
    const inRegister = draft.random.chance(50);
    if (inRegister) draft.fix(register, (draft.gpr[register]! & ~0xffffn) | BigInt(selector));
    const rm = inRegister ? draft.registerOperand(register) : memoryWith(draft, littleEndian(selector, 2));
    return encode(draft, { width, opcode, reg: reg ?? draft.register(), rm });
  });
}

/** Segment registers, far transfers at one privilege level, and questions about descriptors. */
export const SEGMENT_FORMS: readonly Form[] = [
  ...WORD_WIDTHS.flatMap((width) => moves(width as 16 | 32 | 64)),
  ...STACK.map(stackForm),
  ...([16, 32] as const).flatMap((width) => [
    pointerLoad("lfs", [0x0f, 0xb4], width),
    pointerLoad("lgs", [0x0f, 0xb5], width),
    farIndirect("callf", 3, width),
    farIndirect("jmpf", 5, width),
  ]),
  ...([16, 32, 64] as const).flatMap((width) => [
    farReturn(width, false),
    farReturn(width, true),
    interruptReturn(width),
    descriptorQuery("lar", [0x0f, 0x02], undefined, width),
    descriptorQuery("lsl", [0x0f, 0x03], undefined, width),
  ]),
  descriptorQuery("verr", [0x0f, 0x00], 4, 16),
  descriptorQuery("verw", [0x0f, 0x00], 5, 16),
];

function in32(form: Form): Form {
  return { ...form, name: `${form.name} (32-bit mode)`, mode32: true };
}

/** What of this exists outside 64-bit mode only. */
export const LEGACY_SEGMENT_FORMS: readonly Form[] = [
  ...STACK_32.map(stackForm),
  ...([16, 32] as const).flatMap((width) => [
    pointerLoad("les", [0xc4], width),
    pointerLoad("lds", [0xc5], width),
    farDirect("callf", 0x9a, width),
    farDirect("jmpf", 0xea, width),
  ]),
].map(in32);
