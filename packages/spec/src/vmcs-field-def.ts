import type { MsrName } from "./msrs.ts";

/** Operand width of a field as the encoding has it. */
export type VmcsFieldWidth = "16" | "64" | "32" | "natural";

/** Group of a field as the encoding has it. */
export type VmcsFieldType = "control" | "readOnly" | "guest" | "host";

/** The words of VMX controls that a capability MSR governs. */
export type ControlWord = "pin" | "primary" | "secondary" | "tertiary" | "exit" | "secondaryExit" | "entry";

/** A capability whose presence makes a field exist: a settable control, a bit of a capability MSR, a CPUID feature. */
export type FieldRequirement =
  | { readonly control: ControlWord; readonly bit: number }
  | { readonly msr: MsrName; readonly bit: number }
  | { readonly cpuid: string };

/** One field of the VMCS. */
export type VmcsFieldDef = {
  readonly width: VmcsFieldWidth;
  readonly type: VmcsFieldType;
  readonly index: number;
  readonly title: string;
  readonly sdm: string;
  /** Any one of these makes the field exist; absent for fields of every VMX processor. */
  readonly requires?: readonly FieldRequirement[];
};
