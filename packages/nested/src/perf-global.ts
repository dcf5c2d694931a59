import type { VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import { storageOf } from "./guest-registers.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * IA32_PERF_GLOBAL_CTRL of the guest lives in L0's register file: L0 does in software what the entry and exit controls of L1 ask for.
 */

const WORD = storageOf("IA32_PERF_GLOBAL_CTRL");

function load(vcpu: VmxVcpu, from: VmcsView, field: number): void {
  const { s } = vcpu.guestCpu.file;
  s[WORD] = from.lo(field);
  s[WORD + 1] = from.hi(field);
}

/** VM entry of L1's: "load IA32_PERF_GLOBAL_CTRL". */
export function loadPerfGlobalForL2(vcpu: VmxVcpu, v12: VmcsView): void {
  if ((v12.lo(F.vmEntryControls) & C.ENTRY_LOAD_PERF_GLOBAL) !== 0) load(vcpu, v12, F.guestIa32PerfGlobalCtrl);
}

/** VM exit to L1: "save IA32_PERF_GLOBAL_CTRL". */
export function savePerfGlobalOfL2(vcpu: VmxVcpu, v12: VmcsView): void {
  if ((v12.lo(F.vmExitControls) & C.EXIT_SAVE_PERF_GLOBAL) === 0) return;
  const { s } = vcpu.guestCpu.file;
  v12.set(F.guestIa32PerfGlobalCtrl, s[WORD]!, s[WORD + 1]!);
}

/** VM exit to L1: "load IA32_PERF_GLOBAL_CTRL". */
export function loadPerfGlobalForL1(vcpu: VmxVcpu, v12: VmcsView): void {
  if ((v12.lo(F.vmExitControls) & C.EXIT_LOAD_PERF_GLOBAL) !== 0) load(vcpu, v12, F.hostIa32PerfGlobalCtrl);
}
