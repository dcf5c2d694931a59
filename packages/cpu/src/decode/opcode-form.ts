import type { OperandReader } from "./operand-methods.ts";

/** One way to read an opcode: a mnemonic, its operands, and the conditions under which it applies. */
export interface OpcodeForm {
  readonly mnemonic: string;
  readonly operands: readonly OperandReader[];
  readonly hasModrm: boolean;
  /** `i64`: not in 64-bit mode. `o64`: only there. */
  readonly mode: "any" | "not64" | "only64";
  /** Which half of the ModRM space the form covers; "ignored" reads rm as a register whatever mod says. */
  readonly mod: "any" | "memory" | "register" | "ignored";
  /** Required REX.W or VEX.W. */
  readonly w: boolean | undefined;
  /** Vector lengths in bits that the form exists for. */
  readonly vectorLengths: readonly number[];
  /** Required effective operand size. */
  readonly selectedSize: 16 | 32 | 64 | undefined;
  /** Required REX.B. */
  readonly rexB: boolean | undefined;
  /** `d64`: 64 bits by default in 64-bit mode. `f64`: always 64 there. `nat`: 64 there and 32 elsewhere. */
  readonly width: "plain" | "default64" | "force64" | "natural";
  /** Operand size that the form reports whatever the prefixes say. */
  readonly reportedSize: 8 | 16 | 32 | 64 | undefined;
  readonly isLockable: boolean;
  /** MOV to a segment register cannot load CS. */
  readonly excludesCs: boolean;
  /** 66 makes the form undefined even where it is not a mandatory prefix. */
  readonly excludesOperandSizePrefix: boolean;
  readonly isVsib: boolean;
  /** The memory operand must be given by a SIB byte. */
  readonly needsSib: boolean;
  /** Register operands and vector index that must differ: the destination from the others, or each from each. */
  readonly distinct: "none" | "destination" | "all";
  /** A byte behind the operands names the instruction. */
  readonly isSuffixed: boolean;
  readonly usesVvvv: boolean;
  /** EVEX: whether elements may be masked, and whether those left out may become zero. */
  readonly masking: "none" | "merging" | "zeroing" | "required";
  /** EVEX: bits of the memory element that can stand for a whole vector; 0 for none. */
  readonly broadcast: 0 | 16 | 32 | 64;
  /** EVEX: what the broadcast bit means in register forms. */
  readonly rounding: "none" | "suppress" | "control";
  /** EVEX: unit of a displacement byte in bits where it is not the size of the memory operand. */
  readonly displacementUnit: 0 | 8 | 16 | 32 | 64;
  /** Some operand is as long as the vector length says. */
  readonly isVectorSized: boolean;
}

/**
 * What a table row compiles to: forms in order of preference, or a choice by mandatory prefix (none, 66, F3, F2) or by a
 * ModRM field. `undefined` in a list is an undefined encoding, `null` in a prefix list "as without the prefix".
 */
export type OpcodeNode =
  | { readonly kind: "forms"; readonly hasModrm: boolean; readonly forms: readonly OpcodeForm[] }
  | { readonly kind: "prefix"; readonly hasModrm: boolean; readonly nodes: readonly (OpcodeNode | undefined | null)[] }
  | { readonly kind: "reg" | "rm"; readonly hasModrm: true; readonly nodes: readonly (OpcodeNode | undefined)[] }
  | {
      readonly kind: "mod";
      readonly hasModrm: true;
      readonly memory: OpcodeNode | undefined;
      readonly register: OpcodeNode | undefined;
    };

/** A row of an opcode table, in the notation of `opcode-notation.ts`. */
export type OpcodeEntry =
  | string
  | { readonly reg: readonly OpcodeEntry[] }
  | { readonly rm: readonly OpcodeEntry[] }
  | { readonly memory: OpcodeEntry; readonly register: OpcodeEntry };

/** Rows of opcode and entry; the other opcodes of the map are undefined. */
export type SparseTable = readonly (readonly [opcode: number, entry: OpcodeEntry])[];
