import type { TraceSink } from "@hvdiff/cpu";
import { hex, u64, vmexitCodeName } from "@hvdiff/spec";
import * as F from "./fields.ts";
import type { Vmcb } from "./vmcb.ts";

/*
 * Events that a guest could notice. Callers test for a sink first; nothing is computed without one.
 */

function hexOf(lo: number, hi: number): string {
  return hi === 0 ? `0x${(lo >>> 0).toString(16)}` : hex(u64(lo, hi));
}

/** An SVM instruction that completed. */
export function traceInstruction(trace: TraceSink, name: string): void {
  trace.event("svm", { instruction: name });
}

/** VMRUN: "entered", or "failed" where VMEXIT_INVALID follows. */
export function traceVmrun(trace: TraceSink, result: "entered" | "failed"): void {
  trace.event("vmrun", { result });
}

/** Which VMRUN check failed: for people, not for comparison. */
export function traceCheck(trace: TraceSink, id: string): void {
  trace.event("check", { id });
}

/** A #VMEXIT as the control area tells it. */
export function traceVmexit(trace: TraceSink, vmcb: Vmcb): void {
  const code = vmcb.lo(F.EXIT_CODE);
  const event = vmcb.lo(F.EXIT_INT_INFO);
  trace.event("vmexit", {
    reason: vmexitCodeName(code) ?? hex(code),
    info1: hexOf(vmcb.lo(F.EXIT_INFO_1), vmcb.hi(F.EXIT_INFO_1)),
    info2: hexOf(vmcb.lo(F.EXIT_INFO_2), vmcb.hi(F.EXIT_INFO_2)),
    ...(event < 0 ? { interrupted: hex(event) } : {}),
  });
}
