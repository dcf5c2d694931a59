import type { MsrName } from "./msrs.ts";
import type { VmcsField } from "./vmcs-fields.ts";

/** One bit of a control word. */
export type ControlBitDef = {
  readonly bit: number;
  readonly sdmName: string;
  /** Label in the output of QEMU's vmxcap script; absent where the script does not list the bit. */
  readonly vmxcap?: string;
  /** QEMU's CPU-model feature for the bit, negative spellings included; absent where QEMU has none. */
  readonly qemu?: string;
  readonly sdm: string;
};

/** One word of VMX controls with the MSRs that say which settings a processor allows. */
export type ControlWordDef = {
  readonly field: VmcsField;
  readonly title: string;
  /** Heading of the group in the output of QEMU's vmxcap script. */
  readonly vmxcap?: string;
  readonly capabilityMsr: MsrName;
  readonly trueCapabilityMsr?: MsrName;
  /** Whether the capability MSR holds must-be-1 and may-be-1 halves or one 64-bit mask of what may be 1. */
  readonly capabilityFormat: "allowed0And1" | "allowed1";
  /** Bits that read as 1 in the must-be-1 half of the non-TRUE MSR, reserved ones included. */
  readonly default1: number;
  readonly bits: Readonly<Record<string, ControlBitDef>>;
};

/** Declares a control word and keeps its bit names as literal types. */
export function defineControls<const T extends ControlWordDef>(word: T): T {
  return word;
}
