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
  | "x87"
  | "bound";

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
  /** Encoded with a VEX prefix. */
  readonly isVex?: boolean;
  readonly lock: boolean;
  /** Repeat prefix where it has a meaning or is left over: `rep` is F3, `repne` is F2. */
  readonly repeat: "none" | "rep" | "repne";
  /** Intel operand order, destination first. Implicit operands are included only where the encoding selects them (shift by 1 or CL are explicit). */
  readonly operands: readonly Operand[];
  /** Bits of the vectors that VEX.L asks for; absent without a VEX prefix. */
  readonly vectorLength?: 128 | 256 | undefined;
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
  | { readonly kind: "truncated" }
  /** A real instruction that this decoder does not know yet: the run stops and names it. */
  | { readonly kind: "unimplemented"; readonly name: string };

export type DecodeResult = { readonly kind: "instruction"; readonly instruction: Instruction } | DecodeFailure;
