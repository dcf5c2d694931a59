import { encode } from "../encode.ts";
import type { Form } from "../form.ts";

/** Name, mandatory prefix, opcode that loads, opcode that stores, whether memory must be aligned. */
const MOVES = [
  ["movups", undefined, 0x10, 0x11, false],
  ["movupd", 0x66, 0x10, 0x11, false],
  ["movaps", undefined, 0x28, 0x29, true],
  ["movapd", 0x66, 0x28, 0x29, true],
  ["movdqa", 0x66, 0x6f, 0x7f, true],
  ["movdqu", 0xf3, 0x6f, 0x7f, false],
] as const;

const BITWISE = [
  ["andps", undefined, 0x54],
  ["andpd", 0x66, 0x54],
  ["andnps", undefined, 0x55],
  ["andnpd", 0x66, 0x55],
  ["orps", undefined, 0x56],
  ["orpd", 0x66, 0x56],
  ["xorps", undefined, 0x57],
  ["xorpd", 0x66, 0x57],
  ["pand", 0x66, 0xdb],
  ["pandn", 0x66, 0xdf],
  ["por", 0x66, 0xeb],
  ["pxor", 0x66, 0xef],
] as const;

function sse(name: string, prefix: number | undefined, opcode: number, aligned: boolean): Form {
  return {
    name,
    make: (draft) => {
      draft.vectors("i32");
      const reg = draft.register();
      const rm = draft.random.chance(50)
        ? draft.registerOperand(draft.register())
        : aligned
          ? draft.alignedMemory(16)
          : draft.memory(16);
      return {
        bytes: encode(draft, {
          width: 32,
          ...(prefix === undefined ? {} : { prefix }),
          opcode: [0x0f, opcode],
          reg,
          rm,
        }),
      };
    },
  };
}

/** Moves and bitwise operations of whole XMM registers. */
export const VECTOR_MOVE_FORMS: readonly Form[] = [
  ...MOVES.flatMap(([name, prefix, load, store, aligned]) => [
    sse(`${name} x,xm`, prefix, load, aligned),
    sse(`${name} xm,x`, prefix, store, aligned),
  ]),
  ...BITWISE.map(([name, prefix, opcode]) => sse(`${name} x,xm`, prefix, opcode, true)),
];
