/** What we and the oracle said about one byte string, as far as an explanation needs it. */
export interface Disagreement {
  /** Our mnemonic, the name of an instruction we do not decode, or how the bytes failed. */
  readonly ours: string;
  readonly isUnimplemented: boolean;
  /** The oracle's name of the encoding, "INVALID" if it knows none. */
  readonly code: string;
  readonly difference: string;
}

/** A difference that is intended, and where the manual says what we do. */
export interface Explanation {
  readonly id: string;
  readonly reference: string;
  readonly explains: (disagreement: Disagreement) => boolean;
}

const KNOWN_BY_OPCODE = /^(evex|xop|3dnow|vpermil2|tdp|tcmm|tile)/;

/** Every difference from the oracle that the comparison accepts. A test fails if one of them is never needed. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    id: "PadLock instructions exist on VIA processors only; the oracle decodes them without being asked",
    reference: '2D "Two-Byte Opcode Map": 0F A6 and 0F A7 are reserved',
    explains: ({ ours, code }) => ours === "undefined" && /^(Xstore|Xsha|Xcrypt|Montmul|Ccs_|Via_undoc)/.test(code),
  },
  {
    id: "Hint instructions of features we lack are NOPs with one operand; the oracle lists the operands of the feature",
    reference: '2B "NOP—No Operation"',
    explains: ({ ours, code, difference }) =>
      ours === "nop" && /^(Reservednop|Endbr|Rdssp|Cldemote|Prefetchit)/.test(code) && difference.startsWith("operand"),
  },
  {
    id: "ARPL takes 16-bit registers; the oracle names the 32-bit ones with a 66 prefix",
    reference: '2A "ARPL—Adjust RPL Field of Segment Selector"',
    explains: ({ ours, code, difference }) =>
      ours === "arpl" && code === "Arpl_r32m16_r32" && difference.startsWith("operand"),
  },
  {
    id: "Instructions known by opcode only: the oracle refuses some of their prefix payloads, registers and suffixes",
    reference: '2A "Enhanced Vector Extension (EVEX)"; APM 6 "XOP Opcode Maps"; APM 3 "3DNow! Opcodes"',
    explains: ({ ours, isUnimplemented, code }) => isUnimplemented && code === "INVALID" && KNOWN_BY_OPCODE.test(ours),
  },
];
