import type { Draft } from "../draft.ts";
import { RCX, type Width } from "../draft.ts";
import { encode } from "../encode.ts";
import type { Drafted, Form } from "../form.ts";

function plain(name: string, make: (draft: Draft) => number[], more: Omit<Drafted, "bytes"> = {}): Form {
  return { name, make: (draft) => ({ bytes: make(draft), ...more }) };
}

/** Any control or debug register, of which some do not exist. */
function moveSystemRegister(name: string, opcode: number): Form {
  return plain(name, (draft) => {
    const [reg, rm] = [draft.register(), draft.registerOperand(draft.register())];
    return encode(draft, { width: 32, opcode: [0x0f, opcode], reg, rm });
  });
}

/** Opcodes that are NOPs with an operand unless something newer has taken them. */
const NOP_OPCODES = [0x18, 0x19, 0x1c, 0x1d, 0x1e, 0x1f];

function nop(opcode: number): Form {
  return plain(`nop of opcode 0f ${opcode.toString(16)}`, (draft) => {
    const rm = draft.registerOrMemory(4);
    return encode(draft, { width: 32, opcode: [0x0f, opcode], reg: draft.register(), rm });
  });
}

/** The number itself is overwritten; CF is set, unless the host has run out of numbers. */
const RANDOM_FLAGS: readonly Form[] = [
  ["rdrand, its flags", 0xf0],
  ["rdseed, its flags", 0xf8],
].map(([name, modrm]) =>
  plain(name as string, (draft) => [0x0f, 0xc7, modrm as number, ...draft.sizePrefix(32), 0xb8, 0, 0, 0, 0], {
    steps: 2,
  }),
);

/** What only 64-bit mode has. */
const LONG_MODE_FORMS: readonly Form[] = [
  plain("swapgs", () => [0x0f, 0x01, 0xf8]),
  ...([32, 64] as const).map((width: Width) =>
    plain(`rdgsbase ${width}`, (draft) => {
      const rm = draft.registerOperand(draft.register());
      return encode(draft, { width, opcode: [0x0f, 0xae], reg: 1, rm, prefix: 0xf3 });
    }),
  ),
];

const FORMS: readonly Form[] = [
  moveSystemRegister("mov r,cr", 0x20),
  moveSystemRegister("mov r,dr", 0x21),
  moveSystemRegister("mov cr,r", 0x22),
  moveSystemRegister("mov dr,r", 0x23),
  plain("invpcid", (draft) => {
    const [reg, rm] = [draft.register(), draft.memory(16)];
    return encode(draft, { width: 32, opcode: [0x0f, 0x38, 0x82], reg, rm, prefix: 0x66 });
  }),
  plain("rdpmc", () => [0x0f, 0x33]),
  plain("monitor", () => [0x0f, 0x01, 0xc8], { undefinedOpcode: true }),
  plain("mwait", () => [0x0f, 0x01, 0xc9], { undefinedOpcode: true }),
  plain("xgetbv of nothing", (draft) => {
    draft.fix(RCX, BigInt(2 + (draft.random.word() >>> 2)));
    return [0x0f, 0x01, 0xd0];
  }),
  ...NOP_OPCODES.map(nop),
  ...RANDOM_FLAGS,
];

/** System instructions with operands at privilege level 3, NOPs with operands, and instructions whose result is the host's own. */
export const RARE_FORMS: readonly Form[] = [
  ...LONG_MODE_FORMS,
  ...FORMS,
  ...FORMS.map((form) => ({ ...form, name: `${form.name} (32-bit mode)`, mode32: true })),
];
