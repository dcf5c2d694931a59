import { Draft } from "./draft.ts";
import type { NativeCase, NativeResult } from "./native-case.ts";
import { Random, seedOf } from "./random.ts";

export const CF = 1;
export const PF = 4;
export const AF = 0x10;
export const ZF = 0x40;
export const SF = 0x80;
export const DF = 0x400;
export const OF = 0x800;
export const ARITHMETIC = CF | PF | AF | ZF | SF | OF;

/** Where processors may differ, or ours follows another maker than the host's. */
export interface DeclaredDifference {
  /** Why, for people. */
  readonly reason: string;
  /** What ours must give where the host gave `native`: what the declaration covers is taken from `ours`, after a check of its own. */
  expect(native: NativeResult, ours: NativeResult, item: NativeCase): NativeResult;
}

/** What a form makes of a draft: instruction bytes and the flags that the SDM leaves undefined. */
export interface Drafted {
  readonly bytes: readonly number[];
  readonly undefinedFlags?: number;
  /** Bits of the x87 status word that the SDM leaves undefined. */
  readonly undefinedStatus?: number;
  readonly declared?: readonly DeclaredDifference[];
  /** The opcode is no instruction: #UD is what is wanted. */
  readonly undefinedOpcode?: boolean;
  readonly steps?: number;
  readonly repeats?: boolean;
}

/** An instruction form: a mnemonic with kinds and widths of its operands. */
export interface Form {
  readonly name: string;
  readonly make: (draft: Draft) => Drafted;
  /** Compatibility mode instead of 64-bit mode. */
  readonly mode32?: boolean;
  /** Compatibility mode with a 16-bit code segment. */
  readonly mode16?: boolean;
}

/** A case with what must be known to judge its result. */
export interface JudgedCase extends NativeCase {
  readonly form: string;
  readonly undefinedFlags: number;
  readonly undefinedStatus: number;
  readonly declared: readonly DeclaredDifference[];
  readonly undefinedOpcode: boolean;
}

const LOW_HALF = 0xffffffffn;

/** Case `index` of a form, the same each time. */
export function makeCase(form: Form, index: number): JudgedCase {
  const code16 = form.mode16 ?? false;
  const mode32 = code16 || (form.mode32 ?? false);
  const draft = new Draft(new Random(seedOf(form.name, index)), mode32, code16);
  const drafted = form.make(draft);
  if (mode32) for (let n = 0; n < 16; n++) draft.gpr[n]! &= LOW_HALF;
  return {
    form: form.name,
    bytes: drafted.bytes,
    undefinedFlags: drafted.undefinedFlags ?? 0,
    undefinedStatus: drafted.undefinedStatus ?? 0,
    declared: drafted.declared ?? [],
    undefinedOpcode: drafted.undefinedOpcode ?? false,
    steps: drafted.steps ?? 1,
    repeats: drafted.repeats ?? false,
    mode32,
    code16,
    segments: draft.segments,
    gpr: draft.gpr,
    rflags: draft.rflags,
    window: draft.window,
    extended: draft.extendedBytes,
  };
}
