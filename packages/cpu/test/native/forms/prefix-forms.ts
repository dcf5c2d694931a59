import { decode } from "../../../src/decode/decoder.ts";
import type { Draft } from "../draft.ts";
import type { Drafted, Form } from "../form.ts";
import { ALU_FORMS } from "./alu-forms.ts";
import { BIT_FORMS } from "./bit-forms.ts";
import { CONTROL_FORMS } from "./control-forms.ts";
import { MOVE_FORMS } from "./move-forms.ts";
import { SHIFT_FORMS } from "./shift-forms.ts";

/** ES, CS, SS and DS overrides: ignored in 64-bit mode, and the same flat segment elsewhere. */
const SEGMENTS = [0x26, 0x2e, 0x36, 0x3e];
const REPEATS = [0xf2, 0xf3];
const LOCK = 0xf0;

function decodeDrafted({ bytes }: Drafted, mode32: boolean) {
  const result = decode(Uint8Array.from(bytes), 0, bytes.length, mode32 ? 32 : 64);
  return result.kind === "instruction" ? result.instruction : undefined;
}

/** Prefixes that mean nothing in front of the instruction, or make it undefined: LOCK where it may not be, and more bytes than 15. */
function noise(draft: Draft, isOneByte: boolean): number[] {
  const { random } = draft;
  const choices = [...SEGMENTS, ...(isOneByte ? REPEATS : [])];
  const prefixes = Array.from({ length: random.below(random.chance(10) ? 15 : 4) }, () => random.pick(choices));
  if (random.chance(30)) prefixes.splice(random.below(prefixes.length + 1), 0, LOCK);
  return prefixes;
}

/** RIP-relative operands would move with the prefixes, and the window is all that is compared. */
function movesWithLength(drafted: Drafted, mode32: boolean): boolean {
  const operands = decodeDrafted(drafted, mode32)?.operands ?? [];
  return operands.some((operand) => operand.kind === "memory" && operand.ripRelative);
}

const PREFIXES = new Set([0x66, 0x67, 0x64, 0x65, 0xf2, 0xf3, ...Array.from({ length: 16 }, (_, n) => 0x40 + n)]);
/** Opcodes to which F2 or F3 mean something: the escapes, NOP, and LOOPE and LOOPNE, which F2 and F3 turn into each other on AMD's processors. */
const MEANINGFUL_REPEAT = new Set([0x0f, 0xc4, 0xc5, 0x90, 0xe0, 0xe1]);

function opcodeOf(bytes: readonly number[]): number {
  return bytes.find((byte) => !PREFIXES.has(byte))!;
}

function withPrefixes(name: string, forms: readonly Form[], mode32: boolean): Form {
  return {
    name: `${name}${mode32 ? " (32-bit mode)" : ""}`,
    mode32,
    make: (draft) => {
      const inner = draft.random.pick(forms).make(draft);
      if (movesWithLength(inner, mode32)) return inner;
      const isOneByte = !MEANINGFUL_REPEAT.has(opcodeOf(inner.bytes)) && inner.steps === undefined;
      const noisy = { ...inner, bytes: [...noise(draft, isOneByte), ...inner.bytes] };
      return { ...noisy, undefinedOpcode: decodeDrafted(noisy, mode32) === undefined };
    },
  };
}

const FAMILIES: readonly (readonly [name: string, forms: readonly Form[]])[] = [
  ["arithmetic", ALU_FORMS],
  ["shifts", SHIFT_FORMS],
  ["bits", BIT_FORMS],
  ["moves", MOVE_FORMS],
  ["branches", CONTROL_FORMS],
];
/** Several of each, so that a run of a few cases per form meets many instructions. */
const COPIES = 4;
const STEPPED = / 64$| a32$|^movsxd|^cmpxchg16b|^chain/;

/** Instructions with prefixes that processors ignore, or refuse. */
export const PREFIX_FORMS: readonly Form[] = FAMILIES.flatMap(([name, forms]) =>
  [false, true].flatMap((mode32) =>
    Array.from({ length: COPIES }, (_, n) => {
      const usable = mode32 ? forms.filter((form) => !STEPPED.test(form.name)) : forms;
      return withPrefixes(`prefixes before ${name} ${n}`, usable, mode32);
    }),
  ),
);

const LEGACY_PREFIXES: readonly (readonly number[])[] = [[], [], [], [0x66], [0xf2], [0xf3], [0xf0], [0x67]];
const MAPS: readonly (readonly number[])[] = [
  [],
  [0x0f],
  [0x0f],
  [0x0f, 0x38],
  [0x0f, 0x3a],
  [0xc4],
  [0xc5],
  [0x62],
  [0x8f],
];

function randomBytes(draft: Draft): number[] {
  const { random } = draft;
  const rex = !draft.legacy && random.chance(20) ? [0x40 | random.below(16)] : [];
  const bytes = [...random.pick(LEGACY_PREFIXES), ...rex, ...random.pick(MAPS)];
  return [...bytes, ...Array.from({ length: 12 }, () => random.below(256))].slice(0, 15);
}

const MODES = {
  64: { suffix: "", more: {} },
  32: { suffix: " (32-bit mode)", more: { mode32: true } },
  16: { suffix: " (16-bit mode)", more: { mode16: true } },
} as const;

/** With LOCK, AMD's processors take MOV CR0 for MOV CR8 and execute VERR and VERW, which the SDM says are #UD. */
function isLockedOnAmd(bytes: readonly number[]): boolean {
  const at = bytes.indexOf(0x0f);
  return bytes.slice(0, at).includes(LOCK) && [0x00, 0x20, 0x22].includes(bytes[at + 1]!);
}

/** Random bytes that the decoder calls undefined; whatever the processor makes of them must be #UD. */
function undefinedBytes(name: string, bits: 16 | 32 | 64): Form {
  return {
    name: `${name}${MODES[bits].suffix}`,
    ...MODES[bits].more,
    make: (draft) => {
      for (;;) {
        const bytes = randomBytes(draft);
        const { kind } = decode(Uint8Array.from(bytes), 0, bytes.length, bits);
        if (kind === "undefined" && !isLockedOnAmd(bytes)) return { bytes, undefinedOpcode: true };
      }
    },
  };
}

/** Encodings that are undefined on every processor. */
export const UNDEFINED_FORMS: readonly Form[] = ([64, 32, 16] as const).flatMap((bits) =>
  Array.from({ length: 8 }, (_, n) => undefinedBytes(`undefined bytes ${n}`, bits)),
);
