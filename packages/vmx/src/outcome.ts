/** What became of a VMX instruction. Architectural results are values. */
export type VmxOutcome =
  | { readonly kind: "succeed" }
  | { readonly kind: "failInvalid" }
  | { readonly kind: "failValid"; readonly error: number }
  | { readonly kind: "fault"; readonly vector: number; readonly errorCode: number }
  | VmxValue
  /** The preconditions of a VM entry hold; the checks of the VMCS and the entry itself follow. */
  | { readonly kind: "enter" }
  /** VMFUNC: the function cannot be done, so a VM exit follows. */
  | { readonly kind: "exit" };

/** A result of VMREAD or VMPTRST. Each environment has one object that it uses again for every read. */
export interface VmxValue {
  readonly kind: "value";
  lo: number;
  hi: number;
}

/** VMsucceed. */
export const SUCCEED: VmxOutcome = { kind: "succeed" };
/** VMfailInvalid. */
export const FAIL_INVALID: VmxOutcome = { kind: "failInvalid" };
/** Preconditions of VMLAUNCH or VMRESUME hold. */
export const ENTER: VmxOutcome = { kind: "enter" };
/** VMFUNC exits. */
export const EXIT: VmxOutcome = { kind: "exit" };
/** #UD. */
export const UNDEFINED_OPCODE: VmxOutcome = { kind: "fault", vector: 6, errorCode: -1 };
/** #GP(0). */
export const GENERAL_PROTECTION: VmxOutcome = { kind: "fault", vector: 13, errorCode: 0 };

const LAST_ERROR = 28;
const FAIL_VALID: readonly VmxOutcome[] = Array.from({ length: LAST_ERROR + 1 }, (_, error) => ({
  kind: "failValid",
  error,
}));

/** VMfailValid with a VM-instruction error number; one object per number. */
export function failValid(error: number): VmxOutcome {
  return FAIL_VALID[error] ?? { kind: "failValid", error };
}

/** An outcome as traces and people write it: "succeed", "VMfail 9", "VMfailInvalid", "#13". */
export function outcomeText(outcome: VmxOutcome): string {
  switch (outcome.kind) {
    case "failInvalid":
      return "VMfailInvalid";
    case "failValid":
      return `VMfail ${outcome.error}`;
    case "fault":
      return `#${outcome.vector}`;
    default:
      return "succeed";
  }
}
