import { type Draft, littleEndian, type RmOperand, RSP } from "../draft.ts";
import { encodeVex } from "../encode.ts";
import type { Form } from "../form.ts";
import { UNMAPPED_PAGE, WINDOW, WINDOW_BYTES } from "../native-case.ts";
import type { TableEncoding } from "./vector-encodings.ts";

const MIDDLE = WINDOW + WINDOW_BYTES / 2;
const HALF = WINDOW_BYTES / 2;

/** Bytes of an index and of an element: the last but one and the last letter of VPGATHERQD, D or S for four. */
function sizesOf(mnemonic: string): { readonly index: 4 | 8; readonly element: 4 | 8 } {
  const [, index, element] = /gather([dq])(d|q|ps|pd)$/.exec(mnemonic)!;
  return { index: index === "q" ? 8 : 4, element: element === "q" || element === "pd" ? 8 : 4 };
}

function threeRegisters(draft: Draft): [number, number, number] {
  const found = new Set<number>();
  while (found.size < 3) found.add(draft.register());
  return [...found] as [number, number, number];
}

/** Indexes that lead into the window, or now and then to where nothing is. */
function setIndexes(draft: Draft, register: number, size: 4 | 8, scale: number, element: number): void {
  const { random, extended } = draft;
  for (let n = 0; n < 32 / size; n++) {
    const inWindow = Math.floor((random.below(WINDOW_BYTES - element + 1) - HALF) / scale);
    const index = random.chance(3) ? (UNMAPPED_PAGE - MIDDLE) / scale + random.below(100) : inWindow;
    const word = (n * size) / 4;
    extended.setVectorWord(register, word, index >>> 0);
    if (size === 8) extended.setVectorWord(register, word + 1, index < 0 ? 0xffffffff : 0);
  }
}

/** base + index * scale + displacement, where base and displacement lead to the middle of the window. */
function vsib(draft: Draft, index: number, shift: number): RmOperand {
  const { random } = draft;
  let base = draft.register();
  while (base === RSP) base = draft.register();
  const disp = random.word() | 0;
  const short = !draft.legacy && random.chance(30);
  const target = BigInt.asUintN(64, BigInt(MIDDLE) - BigInt(disp));
  draft.fix(base, short ? (random.quad() & ~0xffffffffn) | (target & 0xffffffffn) : target);
  return {
    prefixes: short ? [0x67] : [],
    mod: 2,
    rm: 4,
    rexX: index >= 8,
    rexB: base >= 8,
    tail: [(shift << 6) | ((index & 7) << 3) | (base & 7), ...littleEndian(disp, 4)],
  };
}

function gather(encoding: TableEncoding, length: 128 | 256): Form {
  const { mnemonic, map, prefix, opcode, flags } = encoding;
  const sizes = sizesOf(mnemonic);
  return {
    name: `${mnemonic} ${length}`,
    make: (draft) => {
      draft.vectors(sizes.element === 4 ? "i32" : "i64");
      const [reg, vvvv, index] = threeRegisters(draft);
      const shift = draft.random.below(4);
      setIndexes(draft, index, sizes.index, 1 << shift, sizes.element);
      const rm = vsib(draft, index, shift);
      const width = flags.includes("w1") ? 64 : 32;
      // Before a fault the processor reports a single step, if it has loaded an element.
      return { bytes: encodeVex({ width, length, map, prefix, opcode, reg, vvvv, rm }), repeats: true };
    },
  };
}

/** Gathers, whose memory operand has a vector as its index. */
export function gatherForms(encoding: TableEncoding): Form[] {
  return [gather(encoding, 128), gather(encoding, 256)];
}
