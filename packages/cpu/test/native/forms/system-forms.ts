import { type Draft, littleEndian, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode } from "../encode.ts";
import { AF, type DeclaredDifference, type Drafted, type Form } from "../form.ts";
import { WINDOW, WINDOW_BYTES } from "../native-case.ts";

const OVERFLOW = 4;
const TRAP_FLAG = 0x100;
/** Bits of RFLAGS that POPF may be given: all but NT and AC, which would change what follows. */
const LOADABLE = 0x003b_3fd5;

function plain(name: string, make: (draft: Draft) => number[], more: Omit<Drafted, "bytes"> = {}): Form {
  return { name, make: (draft) => ({ bytes: make(draft), ...more }) };
}

const STEPPED: DeclaredDifference = {
  reason: "the harness steps with TF set, which PUSHF shows",
  expect: (native) => {
    const at = Number(native.gpr[4]! - BigInt(WINDOW));
    const window = native.window.slice();
    if (at >= 0 && at + 1 < WINDOW_BYTES) window[at + 1]! &= ~(TRAP_FLAG >> 8);
    return { ...native, window };
  },
};

const INTO_IS_A_TRAP: DeclaredDifference = {
  reason: "INTO's exception is delivered behind the instruction; ours is caught before its delivery",
  expect: (native, ours) =>
    native.vector === OVERFLOW && native.rip === ours.rip + 1n ? { ...native, rip: ours.rip } : native,
};

function flagForms(width: 16 | 64): Form[] {
  const prefix = (draft: Draft) => draft.sizePrefix(width === 64 && draft.addressBits === 16 ? 32 : width);
  return [
    plain(
      `pushf ${width}`,
      (draft) => {
        draft.stack();
        return [...prefix(draft), 0x9c];
      },
      { declared: [STEPPED] },
    ),
    plain(`popf ${width}`, (draft) => {
      draft.stack();
      const at = Number(draft.gpr[4]! - BigInt(WINDOW));
      const image = (draft.random.word() & LOADABLE) | TRAP_FLAG;
      if (at >= 0 && at + 8 <= WINDOW_BYTES) draft.window.set(littleEndian(image, 8), at);
      return [...prefix(draft), 0x9d];
    }),
  ];
}

/** Name, ModRM.reg or the opcode, of what may be locked. */
const LOCKED: readonly (readonly [string, number])[] = ["add", "or", "adc", "sbb", "and", "sub", "xor"].map(
  (name, n) => [name, n * 8] as const,
);
const LOCKED_ONE: readonly (readonly [string, number, number])[] = [
  ["not", 0xf6, 2],
  ["neg", 0xf6, 3],
  ["inc", 0xfe, 0],
  ["dec", 0xfe, 1],
];
const LOGIC = new Set(["or", "and", "xor"]);

function lockedForms(width: Width): Form[] {
  const wide = width === 8 ? 0 : 1;
  const locked = (name: string, opcode: readonly number[], reg: number | undefined, undefinedFlags = 0) =>
    plain(
      `lock ${name} ${width}`,
      (draft) => {
        const chosen = reg ?? draft.register();
        return encode(draft, { width, opcode, reg: chosen, rm: draft.memory(width / 8), lock: true });
      },
      { undefinedFlags },
    );
  return [
    ...LOCKED.map(([name, opcode]) => locked(name, [opcode + wide], undefined, LOGIC.has(name) ? AF : 0)),
    ...LOCKED_ONE.map(([name, opcode, reg]) => locked(name, [opcode + wide], reg)),
    locked("cmpxchg", [0x0f, 0xb0 + wide], undefined),
    locked("xadd", [0x0f, 0xc0 + wide], undefined),
    locked("xchg", [0x86 + wide], undefined),
    plain(
      `lock on a register ${width}`,
      (draft) =>
        encode(draft, {
          width,
          opcode: [draft.random.pick(LOCKED)[1] + wide],
          reg: draft.register(),
          rm: draft.registerOperand(draft.register()),
          lock: true,
        }),
      { undefinedOpcode: true },
    ),
  ];
}

/** Instructions about caches and order, which change nothing: name, prefix, opcode, ModRM.reg. */
const HINTS: readonly (readonly [string, number | undefined, readonly number[], number])[] = [
  ["prefetchnta", undefined, [0x0f, 0x18], 0],
  ["prefetcht0", undefined, [0x0f, 0x18], 1],
  ["prefetcht1", undefined, [0x0f, 0x18], 2],
  ["prefetcht2", undefined, [0x0f, 0x18], 3],
  ["prefetchw", undefined, [0x0f, 0x0d], 1],
  ["clflush", undefined, [0x0f, 0xae], 7],
  ["clflushopt", 0x66, [0x0f, 0xae], 7],
  ["clwb", 0x66, [0x0f, 0xae], 6],
];

const HINT_FORMS: readonly Form[] = HINTS.map(([name, prefix, opcode, reg]) =>
  plain(`${name} m`, (draft) => {
    const encoding = { width: 8, opcode, reg, rm: draft.memory(1) } as const;
    return encode(draft, prefix === undefined ? encoding : { ...encoding, prefix });
  }),
);

/** Opcodes that are the same in every mode, without operands. */
const FIXED: readonly (readonly [string, readonly number[]])[] = [
  ["std", [0xfd]],
  ["pause", [0xf3, 0x90]],
  ["lfence", [0x0f, 0xae, 0xe8]],
  ["mfence", [0x0f, 0xae, 0xf0]],
  ["sfence", [0x0f, 0xae, 0xf8]],
  ["endbr32", [0xf3, 0x0f, 0x1e, 0xfb]],
  ["hlt", [0xf4]],
  ["cli", [0xfa]],
  ["sti", [0xfb]],
  ["clts", [0x0f, 0x06]],
  ["invd", [0x0f, 0x08]],
  ["wbinvd", [0x0f, 0x09]],
  ["rdmsr", [0x0f, 0x32]],
  ["wrmsr", [0x0f, 0x30]],
  ["mov cr0,eax", [0x0f, 0x22, 0xc0]],
  ["mov ecx,cr3", [0x0f, 0x20, 0xd9]],
  ["mov dr7,eax", [0x0f, 0x23, 0xf8]],
  ["mov eax,dr6", [0x0f, 0x21, 0xf0]],
  ["lmsw ax", [0x0f, 0x01, 0xf0]],
  ["lldt ax", [0x0f, 0x00, 0xd0]],
  ["ltr ax", [0x0f, 0x00, 0xd8]],
  ["xsetbv", [0x0f, 0x01, 0xd1]],
  ["in al,dx", [0xec]],
  ["in eax,dx", [0xed]],
  ["out dx,al", [0xee]],
  ["out dx,eax", [0xef]],
  ["in al,i8", [0xe4, 0x60]],
  ["out i8,al", [0xe6, 0x60]],
  ["insb", [0x6c]],
  ["outsd", [0x6f]],
];

/** Opcodes that no mode has at privilege level 3, or that are there to be undefined. */
const UNDEFINED: readonly (readonly [string, readonly number[]])[] = [
  ["ud2", [0x0f, 0x0b]],
  ["ud1", [0x0f, 0xb9, 0xc0]],
  ["ud0", [0x0f, 0xff, 0xc0]],
  ["rsm", [0x0f, 0xaa]],
  ["clac", [0x0f, 0x01, 0xca]],
  ["stac", [0x0f, 0x01, 0xcb]],
  ["mov cr1,eax", [0x0f, 0x22, 0xc8]],
  ["mov cs,ax", [0x8e, 0xc8]],
  ["mov sreg6,ax", [0x8e, 0xf0]],
  ["lea of a register", [0x8d, 0xc0]],
];

/** Vectors whose gates programs may use, or that the C library's system calls take. */
const OPEN_GATES = new Set([3, OVERFLOW, 0x80]);

const INTERRUPT: Form = plain("int i8", (draft) => {
  let vector = draft.random.below(256);
  while (OPEN_GATES.has(vector)) vector = draft.random.below(256);
  return [0xcd, vector];
});

const TABLE_LOADS: readonly Form[] = [
  ["lgdt m", 2],
  ["lidt m", 3],
  ["invlpg m", 7],
].map(([name, reg]) =>
  plain(name as string, (draft) =>
    encode(draft, { width: 8, opcode: [0x0f, 0x01], reg: reg as number, rm: draft.memory(10, BigInt(WINDOW + 16)) }),
  ),
);

/** Flags on the stack, locked operations, hints, and what programs may not do. */
export const SYSTEM_FORMS: readonly Form[] = [
  ...([16, 64] as const).flatMap(flagForms),
  ...([8, ...WORD_WIDTHS] as const).flatMap(lockedForms),
  ...HINT_FORMS,
  ...FIXED.map(([name, bytes]) => plain(name, () => [...bytes])),
  ...UNDEFINED.map(([name, bytes]) => plain(name, () => [...bytes], { undefinedOpcode: true })),
  ...TABLE_LOADS,
  INTERRUPT,
];

/** INTO exists outside 64-bit mode only. */
export const OVERFLOW_FORMS: readonly Form[] = [
  {
    ...plain("into (32-bit mode)", () => [0xce], { declared: [INTO_IS_A_TRAP] }),
    mode32: true,
  },
];
