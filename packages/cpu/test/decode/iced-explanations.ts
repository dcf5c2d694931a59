/** What we and the oracle said about one byte string, as far as an explanation needs it. */
export interface Disagreement {
  /** Our mnemonic, or how the bytes failed. */
  readonly ours: string;
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

/** Every difference from the oracle that the comparison accepts. A test fails if one of them is never needed. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    id: "PadLock instructions exist on VIA processors only; the oracle decodes them without being asked",
    reference: '2D "Two-Byte Opcode Map": 0F A6 and 0F A7 are reserved',
    explains: ({ ours, code }) => ours === "undefined" && /^(Xstore|Xsha|Xcrypt|Montmul|Ccs_|Via_undoc)/.test(code),
  },
  {
    id: "ARPL takes 16-bit registers; the oracle names the 32-bit ones with a 66 prefix",
    reference: '2A "ARPL—Adjust RPL Field of Segment Selector"',
    explains: ({ ours, code, difference }) =>
      ours === "arpl" && code === "Arpl_r32m16_r32" && difference.startsWith("operand"),
  },
  {
    id: "Groups of two opmask and of four vector registers begin at a multiple of their size; the oracle names the register in the encoding",
    reference:
      '2C "VP2INTERSECTD/VP2INTERSECTQ—Compute Intersection Between DWORDS/QUADWORDS to a Pair of Mask Registers"; 2C "V4FMADDPS/V4FNMADDPS—Packed Single Precision Floating-Point Fused Multiply-Add (4-Iterations)"',
    explains: ({ code, difference }) => {
      const size = code.startsWith("EVEX_Vp2intersect") ? 2 : /^EVEX_V(4f|p4dp)/.test(code) ? 4 : 1;
      const [, ours, oracle] = /^operand [01]: [a-z]+(\d+):\d+, oracle [a-z]+(\d+):\d+$/.exec(difference) ?? [];
      return size > 1 && Number(ours) === Number(oracle) - (Number(oracle) % size);
    },
  },
];
