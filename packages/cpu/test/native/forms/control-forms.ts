import { type Draft, littleEndian, RBP, RCX, type RmOperand, WORD_WIDTHS } from "../draft.ts";
import { encode } from "../encode.ts";
import type { Form } from "../form.ts";
import { WINDOW } from "../native-case.ts";

const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

function plain(name: string, make: (draft: Draft) => number[]): Form {
  return { name, make: (draft) => ({ bytes: make(draft) }) };
}

function conditionForms(suffix: string, cc: number): Form[] {
  return [
    plain(`j${suffix} rel8`, (draft) => [0x70 | cc, draft.random.below(256)]),
    plain(`j${suffix} rel32`, (draft) => [0x0f, 0x80 | cc, ...littleEndian(draft.random.word(), 4)]),
    plain(`set${suffix} rm`, (draft) =>
      encode(draft, { width: 8, opcode: [0x0f, 0x90 | cc], reg: 0, rm: draft.registerOrMemory(1) }),
    ),
    ...WORD_WIDTHS.map((width) =>
      plain(`cmov${suffix} r,rm ${width}`, (draft) => {
        const [reg, rm] = [draft.register(), draft.registerOrMemory(width / 8)];
        return encode(draft, { width, opcode: [0x0f, 0x40 | cc], reg, rm });
      }),
    ),
  ];
}

/** RCX near 0 in the address size, and something above it. */
function counter(draft: Draft, narrow: boolean): number[] {
  const low = BigInt(draft.random.below(3));
  draft.gpr[RCX] = narrow ? (draft.random.quad() & ~0xffffffffn) | low : low;
  return narrow ? [0x67] : [];
}

function counted(name: string, opcode: number): Form[] {
  return [false, true].map((narrow) =>
    plain(`${name} ${narrow ? "ecx" : "rcx"}`, (draft) => [...counter(draft, narrow), opcode, draft.random.below(256)]),
  );
}

/** A canonical address of user mode, or now and then none at all. */
function branchTarget(draft: Draft): bigint {
  const low = BigInt(draft.random.word() >>> 1);
  return draft.random.chance(5) ? low | 0x4000_0000_0000_0000n : low;
}

/** A register or memory operand that holds an address. */
function branchOperand(draft: Draft): RmOperand {
  const target = branchTarget(draft);
  if (draft.random.chance(50)) {
    const register = draft.register();
    if (register === 4) return branchOperand(draft);
    draft.gpr[register] = target;
    return draft.registerOperand(register);
  }
  const offset = draft.random.below(24);
  new DataView(draft.window.buffer).setBigUint64(offset, target, true);
  return draft.memory(8, BigInt(WINDOW + offset));
}

function branch(name: string, reg: number): Form {
  return plain(name, (draft) => {
    draft.stack();
    return encode(draft, { width: 64, opcode: [0xff], reg, rm: branchOperand(draft), default64: true });
  });
}

/** A return address on the stack. */
function returning(draft: Draft, bytes: number[]): number[] {
  draft.stack();
  const at = Number(draft.gpr[4]! - BigInt(WINDOW));
  if (at >= 0 && at <= 120) new DataView(draft.window.buffer).setBigUint64(at, branchTarget(draft), true);
  return bytes;
}

const BRANCHES: readonly Form[] = [
  plain("jmp rel8", (draft) => [0xeb, draft.random.below(256)]),
  plain("jmp rel32", (draft) => [0xe9, ...littleEndian(draft.random.word(), 4)]),
  plain("call rel32", (draft) => {
    draft.stack();
    return [0xe8, ...littleEndian(draft.random.word(), 4)];
  }),
  branch("call rm", 2),
  branch("jmp rm", 4),
  plain("ret", (draft) => returning(draft, [0xc3])),
  plain("ret i16", (draft) => returning(draft, [0xc2, ...littleEndian(draft.random.word(), 2)])),
  ...counted("loopne", 0xe0),
  ...counted("loope", 0xe1),
  ...counted("loop", 0xe2),
  ...counted("jcxz", 0xe3),
];

/** The width 64 stands for the default of the mode, here where it has 32 bits. */
function stackPrefix(draft: Draft, width: 16 | 64, register = 0): number[] {
  return [...draft.sizePrefix(width === 64 && draft.addressBits === 16 ? 32 : width), ...(register >= 8 ? [0x41] : [])];
}

function stackForms(width: 16 | 64): Form[] {
  const indirect = (name: string, opcode: number, reg: number) =>
    plain(`${name} rm ${width}`, (draft) => {
      draft.stack();
      return encode(draft, { width, opcode: [opcode], reg, rm: draft.registerOrMemory(width / 8), default64: true });
    });
  const direct = (name: string, opcode: number) =>
    plain(`${name} r ${width}`, (draft) => {
      draft.stack();
      const register = draft.register();
      return [...stackPrefix(draft, width, register), opcode | (register & 7)];
    });
  const immediate = (opcode: number, bytes: number) =>
    plain(`push i${bytes} ${width}`, (draft) => {
      draft.stack();
      return [...stackPrefix(draft, width), opcode, ...littleEndian(draft.random.operand(), bytes)];
    });
  return [
    direct("push", 0x50),
    direct("pop", 0x58),
    indirect("push", 0xff, 6),
    indirect("pop", 0x8f, 0),
    immediate(0x6a, 1),
    immediate(0x68, width === 16 ? 2 : 4),
    plain(`leave ${width}`, (draft) => {
      draft.gpr[RBP] = draft.target(8);
      return [...stackPrefix(draft, width), 0xc9];
    }),
    plain(`pop m relative to rsp ${width}`, (draft) => {
      draft.stack();
      return [...stackPrefix(draft, width), 0x8f, 0x44, 0x24, draft.random.below(48)];
    }),
  ];
}

const FLAG_FORMS: readonly Form[] = [
  plain("clc", () => [0xf8]),
  plain("stc", () => [0xf9]),
  plain("cmc", () => [0xf5]),
  plain("endbr64", () => [0xf3, 0x0f, 0x1e, 0xfa]),
];

/** Jcc, SETcc, CMOVcc, JMP, CALL, RET, LOOP, PUSH, POP, LEAVE, CLC, STC, CMC. */
export const CONTROL_FORMS: readonly Form[] = [
  ...CONDITIONS.flatMap(conditionForms),
  ...BRANCHES,
  ...([16, 64] as const).flatMap(stackForms),
  ...FLAG_FORMS,
];
