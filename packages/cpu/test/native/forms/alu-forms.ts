import { type Draft, littleEndian, RAX, WIDTHS, type Width } from "../draft.ts";
import { encode } from "../encode.ts";
import { AF, type Form } from "../form.ts";

const NAMES = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];
const LOGIC = new Set(["or", "and", "xor", "test"]);

function byteForm(opcode: number, width: Width): number {
  return width === 8 ? opcode : opcode + 1;
}

function immediateFor(draft: Draft, width: Width): number[] {
  return littleEndian(draft.random.operand(), width === 64 ? 4 : width / 8);
}

function named(name: string, shape: string, width: Width, make: (draft: Draft) => number[]): Form {
  const undefinedFlags = LOGIC.has(name) ? AF : 0;
  return { name: `${name} ${shape} ${width}`, make: (draft) => ({ bytes: make(draft), undefinedFlags }) };
}

/** reg, reg and memory, reg (`direction` 0) or reg, memory (`direction` 2). */
function twoOperands(name: string, opcode: number, width: Width, shape: "rr" | "mr" | "rm"): Form {
  return named(name, shape, width, (draft) => {
    const reg = draft.register();
    const rm = shape === "rr" ? draft.registerOperand(draft.register()) : draft.memory(width / 8);
    return encode(draft, { width, opcode: [byteForm(opcode, width) + (shape === "rm" ? 2 : 0)], reg, rm });
  });
}

function withImmediate(name: string, reg: number, width: Width, short: boolean): Form {
  return named(name, short ? "rm,i8" : "rm,i", width, (draft) => {
    const rm = draft.registerOrMemory(width / 8);
    const opcode = [short ? 0x83 : byteForm(0x80, width)];
    return encode(draft, { width, opcode, reg, rm, immediate: immediateFor(draft, short ? 8 : width) });
  });
}

/** The short forms with AL, AX, EAX or RAX have no ModRM byte. */
function accumulator(name: string, opcode: number, width: Width): Form {
  return named(name, "acc,i", width, (draft) => [
    ...(width === 64 ? [0x48] : draft.sizePrefix(width)),
    byteForm(opcode, width),
    ...immediateFor(draft, width),
  ]);
}

function oneOperand(name: string, opcode: number, reg: number, width: Width): Form {
  return named(name, "rm", width, (draft) =>
    encode(draft, { width, opcode: [byteForm(opcode, width)], reg, rm: draft.registerOrMemory(width / 8) }),
  );
}

function formsOfWidth(width: Width): Form[] {
  const arithmetic = NAMES.flatMap((name, n) => [
    twoOperands(name, n * 8, width, "rr"),
    twoOperands(name, n * 8, width, "mr"),
    twoOperands(name, n * 8, width, "rm"),
    withImmediate(name, n, width, false),
    ...(width === 8 ? [] : [withImmediate(name, n, width, true)]),
    accumulator(name, n * 8 + 4, width),
  ]);
  const test = named("test", "rm,i", width, (draft) => {
    const rm = draft.registerOrMemory(width / 8);
    return encode(draft, {
      width,
      opcode: [byteForm(0xf6, width)],
      reg: 0,
      rm,
      immediate: immediateFor(draft, width),
    });
  });
  return [
    ...arithmetic,
    twoOperands("test", 0x84, width, "rr"),
    twoOperands("test", 0x84, width, "mr"),
    test,
    accumulator("test", 0xa8, width),
    oneOperand("not", 0xf6, 2, width),
    oneOperand("neg", 0xf6, 3, width),
    oneOperand("inc", 0xfe, 0, width),
    oneOperand("dec", 0xfe, 1, width),
    ...exchanges(width),
  ];
}

/** XADD and CMPXCHG; half of the comparisons succeed. */
function exchanges(width: Width): Form[] {
  const make = (name: string, opcode: number) =>
    named(name, "rm,r", width, (draft) => {
      const reg = draft.register();
      const target = draft.register();
      if (draft.random.chance(40)) draft.gpr[RAX] = draft.gpr[target]!;
      else if (draft.random.chance(50)) draft.gpr[RAX] = 0n;
      if (draft.random.chance(20)) draft.window.fill(0);
      const rm = draft.random.chance(50) ? draft.registerOperand(target) : draft.memory(width / 8);
      return encode(draft, { width, opcode: [0x0f, byteForm(opcode, width)], reg, rm });
    });
  return [make("cmpxchg", 0xb0), make("xadd", 0xc0)];
}

/** ADD … CMP, TEST, NOT, NEG, INC, DEC, XADD, CMPXCHG. */
export const ALU_FORMS: readonly Form[] = WIDTHS.flatMap(formsOfWidth);
