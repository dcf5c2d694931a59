/** Width of the code segment that is being decoded: 16, 32 or 64 bits. */
export type CodeBits = 16 | 32 | 64;

export type RegisterClass =
  | "gpr"
  | "segment"
  | "control"
  | "debug"
  | "mmx"
  | "xmm"
  | "ymm"
  | "zmm"
  | "mask"
  | "tile"
  | "x87";

/** A register operand. `high8` is true for AH, CH, DH, BH, whose `index` is that of AX, CX, DX, BX (0-3). `size` in bits. */
export interface RegisterOperand {
  readonly kind: "register";
  readonly class: RegisterClass;
  readonly index: number;
  readonly size: number;
  readonly high8: boolean;
}

/**
 * A memory operand. `segment` is 0-5 = ES CS SS DS FS GS with defaults and overrides applied. `base` and `index` are GPR
 * numbers or -1; `disp` is a sign-extended 32-bit displacement. RIP-relative operands have base -1 and `ripRelative` true;
 * their displacement counts from the end of the instruction. `size` in bits, 0 where the access has no fixed width (LEA, FXSAVE).
 */
export interface MemoryOperand {
  readonly kind: "memory";
  readonly segment: number;
  readonly base: number;
  readonly index: number;
  readonly scale: 1 | 2 | 4 | 8;
  readonly disp: number;
  /** High half of a 64-bit absolute address (MOV moffs64); otherwise the sign extension of `disp`. */
  readonly dispHigh: number;
  readonly ripRelative: boolean;
  readonly size: number;
}

/** An immediate, sign- or zero-extended as the instruction defines to 64 bits: two signed 32-bit halves. `size` is the encoded size in bits. */
export interface ImmediateOperand {
  readonly kind: "immediate";
  readonly lo: number;
  readonly hi: number;
  readonly size: number;
}

/** A branch displacement, counted from the end of the instruction. */
export interface RelativeOperand {
  readonly kind: "relative";
  readonly disp: number;
  readonly size: number;
}

/** ptr16:16 or ptr16:32. */
export interface FarPointerOperand {
  readonly kind: "far";
  readonly selector: number;
  readonly offset: number;
}

export type Operand = RegisterOperand | MemoryOperand | ImmediateOperand | RelativeOperand | FarPointerOperand;

/** What an EVEX prefix says beyond what a VEX prefix can (SDM 2A "Instruction Format and EVEX"). */
export interface EvexFields {
  /** Opmask register 1-7 that selects elements, 0 for none, and whether the others become zero instead of staying. */
  readonly mask: number;
  readonly zeroing: boolean;
  /** The memory operand is one element that is read for all. */
  readonly broadcast: boolean;
  /** How results are rounded instead of by MXCSR.RC; every value but "mxcsr" suppresses exceptions. */
  readonly rounding: "mxcsr" | "suppress" | "nearest" | "down" | "up" | "zero";
  /** Some operand is as long as the vector length says; else the instruction is scalar or of one length. */
  readonly isVectorSized: boolean;
}

/** The prefix that an instruction without a legacy encoding has. */
export type VectorPrefix = "vex" | "evex" | "xop";

/** One decoded instruction: everything the builder needs, nothing that depends on where it lies. */
export interface Instruction {
  /** Lower-case Intel mnemonic without suffixes: `add`, `jcc` family as `jo` … `jg`, `movsb` … `movsq`, `vmread`, `xsaves64` is `xsaves` with operandSize 64. */
  readonly mnemonic: string;
  /** Length in bytes, 1-15. */
  readonly length: number;
  /** Effective operand size in bits (8 for byte forms). */
  readonly operandSize: 8 | 16 | 32 | 64;
  readonly addressSize: 16 | 32 | 64;
  /**
   * Segment 0-5 of the implicit memory operand of MOVS, CMPS, LODS, OUTS (source), XLAT, MASKMOVQ and MONITOR: DS or its
   * override. The decoder always sets it; for instructions built otherwise, absent means DS.
   */
  readonly segment?: number;
  /** Absent in legacy encodings. */
  readonly vectorPrefix?: VectorPrefix;
  readonly evex?: EvexFields;
  readonly lock: boolean;
  /** Repeat prefix where it has a meaning or is left over: `rep` is F3, `repne` is F2. */
  readonly repeat: "none" | "rep" | "repne";
  /** Intel operand order, destination first. Implicit operands are included only where the encoding selects them (shift by 1 or CL are explicit). */
  readonly operands: readonly Operand[];
  /** Bits of the vectors that L of the vector prefix asks for. */
  readonly vectorLength?: 128 | 256 | 512;
  /** ModRM.reg with REX.R where the instruction has a ModRM byte, else -1. */
  readonly modrmReg: number;
  /** The instruction's bytes, for error messages and tests. */
  readonly bytes: Uint8Array;
}

/** Why bytes do not form an instruction. */
export type DecodeFailure =
  /** The architecture defines no such opcode (or prefix, or register form) here: #UD. */
  | { readonly kind: "undefined" }
  /** More than 15 bytes: #GP(0). */
  | { readonly kind: "too-long" }
  /** The bytes given end inside the instruction. */
  | { readonly kind: "truncated" };

export type DecodeResult = { readonly kind: "instruction"; readonly instruction: Instruction } | DecodeFailure;
