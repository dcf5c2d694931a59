import { FLOAT_INSTRUCTIONS } from "../../../src/simd/float/index.ts";
import { VECTOR_INSTRUCTIONS } from "../../../src/simd/index.ts";
import { RAX, RDI, RDX } from "../draft.ts";
import type { DeclaredDifference, Form } from "../form.ts";
import { NO_EXCEPTION, READ_ONLY_PAGE, UNMAPPED_PAGE, WINDOW, WINDOW_BYTES } from "../native-case.ts";
import { gatherForms } from "./gather-forms.ts";
import { type TableEncoding, VECTOR_ENCODINGS } from "./vector-encodings.ts";
import { type FormOptions, operandForms, type Preparation } from "./vector-operand-forms.ts";

/** Few bits, so that two vectors often have none in common. */
const sparseBits: Preparation = (draft) => {
  const { random, extended } = draft;
  for (let n = 0; n < 16; n++)
    for (let word = 0; word < 8; word++) extended.setVectorWord(n, word, random.chance(85) ? 0 : random.word());
  draft.window.forEach((_, n) => {
    draft.window[n] = random.chance(95) ? 0 : random.below(256);
  });
  const [to, from] = [random.below(16), random.below(16)];
  if (random.chance(30)) extended.copyVector(to, from);
};

/** Strings over a small alphabet, with ends. */
const strings: Preparation = (draft) => {
  const { random, extended } = draft;
  const letters = random.pick([2, 3, 5, 200]);
  const letter = () => (random.chance(4) ? random.below(256) : random.below(letters) + (random.chance(4) ? 0 : 1));
  const words = random.chance(50);
  const word = () =>
    words ? letter() | (letter() << 16) : letter() | (letter() << 8) | (letter() << 16) | (letter() << 24);
  for (let n = 0; n < 16; n++) for (let at = 0; at < 4; at++) extended.setVectorWord(n, at, word());
  draft.window.forEach((_, n) => {
    draft.window[n] = words && (n & 1) === 1 ? 0 : letter();
  });
  for (const register of [RAX, RDX]) if (random.chance(85)) draft.fix(register, BigInt(random.below(40) - 20));
};

const destination: Preparation = (draft) => {
  const { random } = draft;
  const at = random.chance(70)
    ? WINDOW + random.below(WINDOW_BYTES - 16)
    : random.pick([READ_ONLY_PAGE + 32, UNMAPPED_PAGE]) - random.below(20);
  draft.fix(RDI, BigInt(at));
};

/** Values for MXCSR, about half of them legal, without the bit that only AMD's processors have. */
const controlWords: Preparation = ({ random, window }) => {
  window.forEach((_, n) => {
    window[n] = random.chance(60) ? 0 : random.below(256) & 0xfd;
  });
};

const PAGE_FAULT = 14;

/** SDM 2B "MASKMOVDQU" leaves faults without a chosen byte to the implementation. */
const MASKED_STORE_FAULT: DeclaredDifference = {
  reason: "AMD's processors check all of the memory of MASKMOVQ and MASKMOVDQU, and enter MMX state before",
  expect: (native, ours) => {
    if (native.vector !== PAGE_FAULT) return native;
    if (ours.vector === NO_EXCEPTION) return { ...ours, window: native.window };
    return { ...native, errorCode: ours.errorCode, cr2: ours.cr2, extended: ours.extended };
  },
};

const OPTIONS: readonly (readonly [RegExp, FormOptions])[] = [
  [/^v?p?test/, { prepare: sparseBits }],
  [/^v?pcmp[ei]str/, { prepare: strings }],
  [/^v?maskmov(q|dqu)/, { prepare: destination, declared: [MASKED_STORE_FAULT] }],
  [/^v?ldmxcsr/, { prepare: controlWords }],
];

function formsOf(encoding: TableEncoding): Form[] {
  if (encoding.flags.includes("vsib")) return gatherForms(encoding);
  return operandForms(encoding, OPTIONS.find(([names]) => names.test(encoding.mnemonic))?.[1]);
}

/** Names under which the table of floating-point instructions has them: without the `v` of VEX. */
function isFloat(mnemonic: string): boolean {
  const legacy = mnemonic.replace(/^v/, "");
  return [mnemonic, legacy, `${legacy}.x`].some((name) => name in FLOAT_INSTRUCTIONS);
}

/** What the processor that the recordings are of does not have. */
const NEWER = /^v?(gf2p8|pdp|pmadd52)/;

function isOurs({ mnemonic }: TableEncoding): boolean {
  return mnemonic in VECTOR_INSTRUCTIONS && !isFloat(mnemonic) && !NEWER.test(mnemonic);
}

/** All vector instructions that compute no floating point, in all their encodings. */
export const VECTOR_INTEGER_FORMS: readonly Form[] = VECTOR_ENCODINGS.filter(isOurs).flatMap(formsOf);

/** Needs REX.W, or is another instruction without VEX.W. */
const ONLY_LONG_MODE = / o64|^[^v].* w1/;
/** Instructions whose addresses or general registers differ in compatibility mode. */
const MODE_MATTERS = /^v?(mov[dq]|pinsr|pextr|p?maskmov|p?gather|pcmpestr)/;

/** Those of which compatibility mode makes something else. */
export const VECTOR_FORMS_OF_MODES: readonly Form[] = VECTOR_INTEGER_FORMS.filter(
  ({ name }) => MODE_MATTERS.test(name) && !ONLY_LONG_MODE.test(name),
);
