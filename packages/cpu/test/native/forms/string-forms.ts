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

function draftString(draft: Draft, opcode: number, width: Width, repeat: number, narrow: boolean): Drafted {
  const { random } = draft;
  if (random.chance(50)) draft.rflags |= DF;
  const garbage = () => (narrow ? random.quad() & ~0xffffffffn : 0n);
  draft.gpr[RSI] = garbage() | indexFor(draft, width / 8);
  draft.gpr[RDI] = garbage() | indexFor(draft, width / 8);
  draft.gpr[RCX] = garbage() | BigInt(random.below(MOST + 1));
  if (random.chance(70)) makeMonotonous(draft);
  const bytes = [
    ...(narrow ? [0x67] : []),
    ...(width === 16 ? [0x66] : []),
    ...(repeat === 0 ? [] : [repeat]),
    ...(width === 64 ? [0x48] : []),
    width === 8 ? opcode : opcode + 1,
  ];
  return { bytes, repeats: repeat !== 0 };
}

/** MOVS, CMPS, STOS, LODS, SCAS, with and without repetition, in both directions and address sizes. */
export const STRING_FORMS: readonly Form[] = NAMES.flatMap(([name, opcode]) =>
  WIDTHS.flatMap((width) =>
    [0, 0xf2, 0xf3].flatMap((repeat) =>
      [false, true].map((narrow) => ({
        name: `${["", "repne ", "rep "][repeat === 0 ? 0 : repeat - 0xf1]}${name} ${width}${narrow ? " a32" : ""}`,
        make: (draft: Draft) => draftString(draft, opcode, width, repeat, narrow),
      })),
    ),
  ),
);
