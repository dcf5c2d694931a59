import { BINARY16, BINARY32, BINARY64, type Format } from "../../../src/float/format.ts";
import { floatOperand, plainOperand } from "../../float/float-values.ts";
import type { Draft } from "../draft.ts";
import { MXCSR } from "../extended-image.ts";
import type { Lane } from "../special-values.ts";

/** To nearest, all exceptions masked, precision noted: where the simulated processor takes its short ways. */
const PRECISION_NOTED = 0x1fa0;

const FORMATS: Readonly<Partial<Record<Lane, Format>>> = { f16: BINARY16, f32: BINARY32, f64: BINARY64 };

type Operand = (random: Draft["random"], f: Format) => bigint;

function fill(draft: Draft, f: Format, operand: Operand): void {
  const bytes = f.width / 8;
  const put = (view: DataView, at: number) => {
    const value = operand(draft.random, f);
    for (let n = 0; n < bytes; n++) view.setUint8(at + n, Number((value >> BigInt(8 * n)) & 0xffn));
  };
  const scratch = new DataView(new ArrayBuffer(32));
  for (let register = 0; register < 16; register++) {
    for (let at = 0; at < 32; at += bytes) put(scratch, at);
    for (let word = 0; word < 8; word++)
      draft.extended.setVectorWord(register, word, scratch.getUint32(word * 4, true));
  }
  const window = new DataView(draft.window.buffer);
  for (let at = 0; at < draft.window.length; at += bytes) put(window, at);
}

/**
 * Vector registers and window of lanes of a kind, with a random MXCSR: values at the limits, or plain numbers with one odd value among
 * them, so that the flags tell which exceptions an element had.
 */
export function floatVectors(draft: Draft, lane: Lane): void {
  draft.vectors(lane);
  if (draft.random.chance(25)) draft.extended.view.setUint32(MXCSR, PRECISION_NOTED, true);
  const f = FORMATS[lane];
  const kind = draft.random.below(10);
  if (f === undefined || kind < 2) return;
  if (kind < 6) fill(draft, f, floatOperand);
  else fill(draft, f, (random, format) => (random.chance(12) ? floatOperand : plainOperand)(random, format));
}
