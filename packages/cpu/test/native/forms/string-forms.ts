import { type Draft, RAX, RCX, RDI, RSI, WIDTHS, type Width } from "../draft.ts";
import { DF, type Drafted, type Form } from "../form.ts";
import { UNMAPPED_PAGE, WINDOW, WINDOW_BYTES } from "../native-case.ts";

const MOST = 5;

const NAMES = [
  ["movs", 0xa4],
  ["cmps", 0xa6],
  ["stos", 0xaa],
  ["lods", 0xac],
  ["scas", 0xae],
] as const;

/** An index from which `MOST` elements in either direction lie within the window. */
function indexFor(draft: Draft, size: number): bigint {
  const back = (draft.rflags & DF) !== 0 ? (MOST - 1) * size : 0;
  const room = WINDOW_BYTES - MOST * size;
  if (draft.random.chance(3)) return BigInt(UNMAPPED_PAGE + 64);
  return BigInt(WINDOW + back + draft.random.below(room));
}

/** Few different elements, so that comparisons go on for a while. */
function makeMonotonous(draft: Draft): void {
  draft.window.fill(draft.random.chance(50) ? 0 : 0x5a);
  for (let n = draft.random.below(4); n > 0; n--) draft.window[draft.random.below(WINDOW_BYTES)] = draft.random.word();
  if (draft.random.chance(60)) draft.gpr[RAX] = draft.random.pick([0n, 0x5a5a5a5a_5a5a5a5an]);
}

/** Address size as a prefix may change it. */
type AddressBits = 16 | 32 | 64;

/** Upper bits of index and count registers that the address size leaves out. */
function garbage(draft: Draft, bits: AddressBits): bigint {
  return bits === 64 ? 0n : (draft.random.quad() >> BigInt(bits)) << BigInt(bits);
}

function draftString(draft: Draft, opcode: number, width: Width, repeat: number, bits: AddressBits): Drafted {
  const { random } = draft;
  if (random.chance(50)) draft.rflags |= DF;
  const plain = bits === draft.addressBits;
  const upper = () => (plain ? 0n : garbage(draft, bits));
  draft.gpr[RSI] = upper() | draft.placed(indexFor(draft, width / 8), bits);
  draft.gpr[RDI] = upper() | draft.placed(indexFor(draft, width / 8), bits);
  draft.gpr[RCX] = upper() | BigInt(random.below(MOST + 1));
  if (random.chance(70)) makeMonotonous(draft);
  const bytes = [
    ...(plain ? [] : [0x67]),
    ...draft.sizePrefix(width),
    ...(repeat === 0 ? [] : [repeat]),
    ...(width === 64 ? [0x48] : []),
    width === 8 ? opcode : opcode + 1,
  ];
  return { bytes, repeats: repeat !== 0 };
}

function stringForms(widths: readonly Width[], suffix: string, bitsOf: (draft: Draft) => AddressBits): Form[] {
  return NAMES.flatMap(([name, opcode]) =>
    widths.flatMap((width) =>
      [0, 0xf2, 0xf3].map((repeat) => ({
        name: `${["", "repne ", "rep "][repeat === 0 ? 0 : repeat - 0xf1]}${name} ${width}${suffix}`,
        make: (draft: Draft) => draftString(draft, opcode, width, repeat, bitsOf(draft)),
      })),
    ),
  );
}

/** MOVS, CMPS, STOS, LODS, SCAS, with and without repetition, in both directions, with the address size of the mode and 32 bits. */
export const STRING_FORMS: readonly Form[] = [
  ...stringForms(WIDTHS, "", (draft) => draft.addressBits),
  ...stringForms(WIDTHS, " a32", () => 32),
];

/** The same with a prefix that asks for addresses of 16 bits, in 32-bit code. */
export const NARROW_STRING_FORMS: readonly Form[] = stringForms([8, 16, 32], " a16", () => 16);

/** The same with a prefix that asks for addresses of 32 bits, in 16-bit code. */
export const WIDE_STRING_FORMS: readonly Form[] = stringForms([8, 16, 32], " a32", () => 32);
