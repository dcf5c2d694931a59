import { fieldIndex } from "@hvdiff/spec";
import type { VmxCapabilities } from "../capabilities.ts";
import { isEptPointerValid } from "../ept/ept-pointer.ts";
import { EXIT, SUCCEED, type VmxOutcome } from "../outcome.ts";
import type { VmcsView } from "../vmcs-view.ts";

const VM_FUNCTION_CONTROLS = fieldIndex("vmFunctionControls");
const EPT_POINTER = fieldIndex("eptPointer");
const EPTP_LIST_ENTRIES = 512;

/** What VMFUNC acts on, in non-root operation with "enable VM functions" set. */
export interface VmfuncContext {
  readonly capabilities: VmxCapabilities;
  readonly vmcs: VmcsView;
  /** Reads 32 bits at an index of the EPTP list, in units of four bytes. */
  readEptpList(word: number): number;
}

/** VMFUNC: SDM 3C "VMFUNC—Invoke VM function". An EPTP switch changes the field; the caller makes it effective. */
export function vmfunc(context: VmfuncContext, eax: number, ecx: number): VmxOutcome {
  const { vmcs } = context;
  if (eax !== 0 || (vmcs.lo(VM_FUNCTION_CONTROLS) & 1) === 0) return EXIT;
  if (ecx < 0 || ecx >= EPTP_LIST_ENTRIES) return EXIT;
  const lo = context.readEptpList(ecx * 2);
  const hi = context.readEptpList(ecx * 2 + 1);
  if (!isEptPointerValid(context.capabilities, lo, hi)) return EXIT;
  vmcs.set(EPT_POINTER, lo, hi);
  return SUCCEED;
}
