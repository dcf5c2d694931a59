import { type Draft, littleEndian, RAX, RBP, RBX, WIDTHS, type Width, WORD_WIDTHS } from "../draft.ts";
import { encode } from "../encode.ts";
import type { Form } from "../form.ts";
import { WINDOW } from "../native-case.ts";

function plain(name: string, make: (draft: Draft) => number[]): Form {
  return { name, make: (draft) => ({ bytes: make(draft) }) };
}

function prefixesOf(draft: Draft, width: Width, register = 0): number[] {
  const rex = (width === 64 ? 8 : 0) | (register >= 8 ? 1 : 0);
  return [...draft.sizePrefix(width), ...(rex !== 0 ? [0x40 | rex] : [])];
}

function byteForm(opcode: number, width: Width): number {
  return width === 8 ? opcode : opcode + 1;
}

function twoOperands(name: string, width: Width, opcode: readonly number[], bytes: number, memoryOnly = false): Form {
  return plain(`${name} ${width}`, (draft) => {
    const reg = draft.register();
    const rm = memoryOnly ? draft.memory(bytes) : draft.registerOrMemory(bytes);
    return encode(draft, { width, opcode, reg, rm });
  });
}

function moves(width: Width): Form[] {
  const size = width / 8;
  return [
    twoOperands("mov rm,r", width, [byteForm(0x88, width)], size),
    twoOperands("mov r,rm", width, [byteForm(0x8a, width)], size),
    twoOperands("xchg rm,r", width, [byteForm(0x86, width)], size),
    plain(`mov rm,i ${width}`, (draft) => {
      const immediate = littleEndian(draft.random.operand(), Math.min(size, 4));
      return encode(draft, {
        width,
        opcode: [byteForm(0xc6, width)],
        reg: 0,
        rm: draft.registerOrMemory(size),
        immediate,
      });
    }),
    plain(`mov r,i ${width}`, (draft) => {
      const register = draft.register();
      const opcode = (width === 8 ? 0xb0 : 0xb8) | (register & 7);
      return [...prefixesOf(draft, width, register), opcode, ...littleEndian(draft.random.operand(), size)];
    }),
    ...[0xa0, 0xa2].map((opcode) =>
      plain(`mov ${opcode === 0xa0 ? "acc,moffs" : "moffs,acc"} ${width}`, (draft) => [
        ...prefixesOf(draft, width),
        byteForm(opcode, width),
        ...littleEndian(draft.placed(draft.target(size), draft.addressBits), draft.addressBits / 8),
      ]),
    ),
  ];
}

function wordForms(width: Width): Form[] {
  return [
    twoOperands("movzx r,rm8", width, [0x0f, 0xb6], 1),
    twoOperands("movzx r,rm16", width, [0x0f, 0xb7], 2),
    twoOperands("movsx r,rm8", width, [0x0f, 0xbe], 1),
    twoOperands("movsx r,rm16", width, [0x0f, 0xbf], 2),
    twoOperands("lea r,m", width, [0x8d], 8, true),
    plain(`lea r,m random ${width}`, (draft) => {
      const reg = draft.register();
      const rm = draft.memory(1, BigInt(draft.random.word() >>> 1));
      // Addresses are not used: scramble what they are made of.
      for (let n = 0; n < 16; n++) if (draft.random.chance(50)) draft.gpr[n] = draft.random.operand();
      return encode(draft, { width, opcode: [0x8d], reg, rm });
    }),
    plain(`xchg acc,r ${width}`, (draft) => {
      const register = draft.register();
      return [...prefixesOf(draft, width, register), 0x90 | (register & 7)];
    }),
    plain(`cbw ${width}`, (draft) => [...prefixesOf(draft, width), 0x98]),
    plain(`cwd ${width}`, (draft) => [...prefixesOf(draft, width), 0x99]),
    plain(`nop rm ${width}`, (draft) =>
      encode(draft, { width, opcode: [0x0f, 0x1f], reg: 0, rm: draft.registerOrMemory(width / 8) }),
    ),
  ];
}

const BSWAPS: readonly Form[] = WORD_WIDTHS.map((width) =>
  plain(`bswap r ${width}`, (draft) => {
    const register = draft.register();
    return [...prefixesOf(draft, width, register), 0x0f, 0xc8 | (register & 7)];
  }),
);

const WIDE_FORMS: readonly Form[] = ([32, 64] as const).flatMap((width) => [
  twoOperands("movsxd r,rm32", width, [0x63], 4),
  twoOperands("movnti m,r", width, [0x0f, 0xc3], width / 8, true),
]);

const EIGHT_BYTES: Form = plain("cmpxchg8b m", (draft) => {
  const at = WINDOW + draft.random.below(120);
  halfEqual(draft, at, 8);
  return encode(draft, { width: 32, opcode: [0x0f, 0xc7], reg: 1, rm: draft.memory(8, BigInt(at)) });
});

const SIXTEEN_BYTES: Form = plain("cmpxchg16b m", (draft) => {
  const at = WINDOW + draft.random.below(7) * 16 + (draft.random.chance(5) ? 8 : 0);
  halfEqual(draft, at, 16);
  return encode(draft, { width: 64, opcode: [0x0f, 0xc7], reg: 1, rm: draft.memory(16, BigInt(at)) });
});

/** Makes the comparison succeed in half of the cases. */
function halfEqual(draft: Draft, at: number, bytes: 8 | 16): void {
  const view = new DataView(draft.window.buffer);
  const keep = draft.random.chance(50);
  const half = bytes === 8 ? 4 : 8;
  const read = (offset: number) =>
    half === 4 ? BigInt(view.getUint32(offset, true)) : view.getBigUint64(offset, true);
  draft.fix(RAX, keep ? read(at - WINDOW) : draft.gpr[RAX]!);
  draft.fix(2, keep ? read(at - WINDOW + half) : draft.gpr[2]!);
}

const XLAT: Form = plain("xlat", (draft) => {
  const index = draft.random.below(WINDOW % 256);
  draft.gpr[RAX] = (draft.gpr[RAX]! & ~0xffn) | BigInt(index);
  draft.gpr[RBX] = draft.placed(BigInt(WINDOW + draft.random.below(128) - index), draft.addressBits);
  return [0xd7];
});

const ENTER: Form = plain("enter", (draft) => {
  draft.stack();
  draft.fix(RBP, BigInt(WINDOW + 64 + draft.random.below(48)));
  return [0xc8, draft.random.below(48), 0, draft.random.below(4)];
});

const FLAG_MOVES: readonly Form[] = [
  plain("lahf", () => [0x9f]),
  plain("sahf", () => [0x9e]),
  plain("cld", () => [0xfc]),
];

/** MOV, XCHG, MOVZX, MOVSX, LEA, conversions, BSWAP, CMPXCHG8B, CMPXCHG16B, XLAT, ENTER, LAHF, SAHF. */
export const MOVE_FORMS: readonly Form[] = [
  ...WIDTHS.flatMap(moves),
  ...WORD_WIDTHS.flatMap(wordForms),
  ...WIDE_FORMS,
  ...BSWAPS,
  EIGHT_BYTES,
  SIXTEEN_BYTES,
  XLAT,
  ENTER,
  ...FLAG_MOVES,
];
