import type { TraceSink } from "@hvdiff/cpu";
import { exitReasonName, hex, u64, VMCS_FIELD_NAMES } from "@hvdiff/spec";
import * as F from "./fields.ts";
import { accessOfEncoding, NO_FIELD } from "./instructions/field-encoding.ts";
import type { VmwriteOperands } from "./instructions/vmwrite.ts";
import { outcomeText, type VmxOutcome } from "./outcome.ts";
import type { VmcsView } from "./vmcs-view.ts";

/*
 * Events that a guest could notice. A hypervisor that emulates VMX calls the same functions, so that its traces compare with the
 * processor's. Callers test for a sink first; nothing is computed without one.
 */

/** As `hex` of the 64-bit value; most values are short, and this is asked several times per exit. */
function hexOf(lo: number, hi: number): string {
  return hi === 0 ? `0x${(lo >>> 0).toString(16)}` : hex(u64(lo, hi));
}

type EventData = Record<string, string | number | boolean>;

/** A fault is told by its exception. A VMX instruction other than VMREAD, VMWRITE, VMLAUNCH and VMRESUME. `operand` is its pointer or type, if it has one. */
export function traceInstruction(trace: TraceSink, name: string, outcome: VmxOutcome, operand?: bigint): void {
  if (outcome.kind === "fault") return;
  const data: EventData = { instruction: name, result: outcomeText(outcome) };
  if (operand !== undefined) data["operand"] = hex(operand);
  trace.event("vmx", data);
}

function fieldText(encodingLow: number, encodingHigh: number): string {
  const access = accessOfEncoding(encodingLow, encodingHigh);
  if (access === NO_FIELD) return hexOf(encodingLow, encodingHigh);
  return VMCS_FIELD_NAMES[access >> 1]! + ((access & 1) !== 0 ? ".high" : "");
}

/** VMREAD of an encoding, with the value where it succeeded. */
export function traceVmread(trace: TraceSink, encodingLow: number, encodingHigh: number, outcome: VmxOutcome): void {
  if (outcome.kind === "fault") return;
  const data: EventData = { field: fieldText(encodingLow, encodingHigh), result: outcomeText(outcome) };
  if (outcome.kind === "value") data["value"] = hexOf(outcome.lo, outcome.hi);
  trace.event("vmread", data);
}

/** VMWRITE with its operands. */
export function traceVmwrite(trace: TraceSink, operands: VmwriteOperands, outcome: VmxOutcome): void {
  if (outcome.kind === "fault") return;
  trace.event("vmwrite", {
    field: fieldText(operands.encodingLow, operands.encodingHigh),
    value: hexOf(operands.valueLow, operands.valueHigh),
    result: outcomeText(outcome),
  });
}

/** The end of VMLAUNCH or VMRESUME: "entered", "failed" where exit 33 or 34 follows, or how the instruction failed. */
export function traceVmentry(trace: TraceSink, isLaunch: boolean, result: string): void {
  trace.event("vmentry", { instruction: isLaunch ? "vmlaunch" : "vmresume", result });
}

/** Which entry check failed: for people, not for comparison. */
export function traceCheck(trace: TraceSink, id: string): void {
  trace.event("check", { id });
}

/** A VM exit as its information fields tell it. */
export function traceVmexit(trace: TraceSink, vmcs: VmcsView): void {
  const reason = vmcs.lo(F.EXIT_REASON);
  const name = exitReasonName(reason >>> 0) ?? String(reason & 0xffff);
  const data: EventData = {
    reason: name,
    qualification: hexOf(vmcs.lo(F.EXIT_QUALIFICATION), vmcs.hi(F.EXIT_QUALIFICATION)),
  };
  if (reason < 0) data["entryFailure"] = true;
  if (name.startsWith("EPT_"))
    data["guestPhysicalAddress"] = hexOf(vmcs.lo(F.GUEST_PHYSICAL_ADDRESS), vmcs.hi(F.GUEST_PHYSICAL_ADDRESS));
  const interruption = vmcs.lo(F.VM_EXIT_INTERRUPTION_INFORMATION);
  if (interruption < 0 && reason >= 0) {
    data["interruption"] = hex(interruption);
    if ((interruption & (1 << 11)) !== 0) data["errorCode"] = hex(vmcs.lo(F.VM_EXIT_INTERRUPTION_ERROR_CODE));
  }
  trace.event("vmexit", data);
}
