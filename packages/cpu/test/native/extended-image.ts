import { EXTENDED_BYTES } from "./native-case.ts";

export const CONTROL_WORD = 0;
export const STATUS_WORD = 2;
/** Abridged: a bit for each register that is not empty. */
export const TAGS = 4;
export const OPCODE = 6;
export const INSTRUCTION_POINTER = 8;
export const DATA_POINTER = 16;
export const MXCSR = 24;
export const STACK = 32;
export const XMM = 160;
export const YMM_HIGH = 416;

const CONTROL_WORD_INITIAL = 0x37f;
const MXCSR_INITIAL = 0x1f80;

/** Offset of 16 bytes of a vector register: `half` 0 is the XMM register, 1 the upper half of the YMM register. */
export function vectorOffset(register: number, half: 0 | 1): number {
  return (half === 0 ? XMM : YMM_HIGH) + register * 16;
}

/** Extended state as FNINIT and reset leave it. */
export function initialExtended(): Uint8Array {
  const bytes = new Uint8Array(EXTENDED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(CONTROL_WORD, CONTROL_WORD_INITIAL, true);
  view.setUint32(MXCSR, MXCSR_INITIAL, true);
  return bytes;
}
