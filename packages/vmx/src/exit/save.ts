import { readRflags, STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { usesPaePaging } from "../entry/guest-pdpte-checks.ts";
import * as F from "../fields.ts";
import { type MemoryVmcs, storeFields } from "../memory-vmcs.ts";
import * as W from "../state.ts";
import { RF_CLEAR, RF_SET } from "./information.ts";

const RF = 1 << 16;
const BLOCKED_BY_MOV_SS = 2;
const EFER_LMA = 1 << 10;
const PDPTES = [F.GUEST_PDPTE0, F.GUEST_PDPTE1, F.GUEST_PDPTE2, F.GUEST_PDPTE3];

/** Stores a 64-bit state word pair into a field. */
export function storePair(v: MemoryVmcs, field: number, s: Int32Array, word: number): void {
  v.set(field, s[word]!, s[word + 1]!);
}

/** Stores an MSR with storage of its own; nothing where the processor lacks it. */
function storeMsr(v: MemoryVmcs, field: number, s: Int32Array, word: number): void {
  if (word >= 0) v.set(field, s[word]!, s[word + 1]!);
}

/** What is saved whatever the controls are, wherever one of them exists that would load it. */
function saveSupported({ s, vmcs, msrWords, capabilities }: VmxCore): void {
  const entry = capabilities.controls.entry.allowed;
  const clears = capabilities.controls.exit.allowed & C.CLEAR_IA32_BNDCFGS;
  if (((entry & C.LOAD_IA32_BNDCFGS) | clears) !== 0) storeMsr(vmcs, F.GUEST_IA32_BNDCFGS, s, msrWords.bndcfgs);
  if ((entry & C.ENTRY_LOAD_PKRS) !== 0) storeMsr(vmcs, F.GUEST_IA32_PKRS, s, msrWords.pkrs);
  if ((entry & C.ENTRY_LOAD_CET_STATE) === 0) return;
  storeMsr(vmcs, F.GUEST_IA32_S_CET, s, msrWords.supervisorCet);
  storePair(vmcs, F.GUEST_SSP, s, STATE.SSP);
  storeMsr(vmcs, F.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR, s, msrWords.interruptSspTable);
}

function saveMsrs(core: VmxCore): void {
  const { s, vmcs, msrWords } = core;
  const exit = s[W.EXIT_CONTROLS]!;
  if ((exit & C.SAVE_DEBUG_CONTROLS) !== 0) {
    vmcs.set(F.GUEST_DR7, s[STATE.DR7]!, 0);
    storeMsr(vmcs, F.GUEST_IA32_DEBUGCTL, s, msrWords.debugctl);
  }
  if ((exit & C.SAVE_IA32_PAT) !== 0) storeMsr(vmcs, F.GUEST_IA32_PAT, s, msrWords.pat);
  if ((exit & C.SAVE_IA32_EFER) !== 0) vmcs.set(F.GUEST_IA32_EFER, s[STATE.EFER]!, 0);
  if ((exit & C.SAVE_IA32_PERF_GLOBAL_CTRL) !== 0)
    storeMsr(vmcs, F.GUEST_IA32_PERF_GLOBAL_CTRL, s, msrWords.perfGlobalCtrl);
  saveSupported(core);
}

function savedRflags({ s, information }: VmxCore): number {
  const flags = readRflags(s);
  if (information.resumeFlag === RF_SET) return flags | RF;
  return information.resumeFlag === RF_CLEAR ? flags & ~RF : flags;
}

/** Exits that leave debug exceptions pending even where nothing blocks them: they come before or after a whole instruction. */
const KEEPS_PENDING_DEBUG = new Set(
  (["INIT_SIGNAL", "MONITOR_TRAP_FLAG", "TPR_BELOW_THRESHOLD", "VIRTUALIZED_EOI", "APIC_WRITE"] as const).map(
    exitReasonNumber,
  ),
);

/** Other exits drop what the interrupted instruction met, unless MOV SS holds it back (SDM 3C "Saving Non-Register State"). */
function savedPendingDebug({ s, information }: VmxCore): number {
  const kept = (s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) !== 0 || KEEPS_PENDING_DEBUG.has(information.reason);
  return kept ? s[STATE.PENDING_DEBUG]! : 0;
}

function saveNonRegisterState(core: VmxCore): void {
  const { c, s, vmcs, capabilities } = core;
  vmcs.set(F.GUEST_ACTIVITY_STATE, s[STATE.ACTIVITY]!, 0);
  vmcs.set(F.GUEST_INTERRUPTIBILITY_STATE, s[STATE.INTERRUPTIBILITY]!, 0);
  vmcs.set(F.GUEST_PENDING_DEBUG_EXCEPTIONS, savedPendingDebug(core), 0);
  if ((s[W.EXIT_CONTROLS]! & C.SAVE_VMX_PREEMPTION_TIMER_VALUE) === 0) return;
  const rate = 2 ** capabilities.misc.preemptionTimerRate;
  const left = Math.max(0, Math.floor((c.f64[W.PREEMPTION_DEADLINE]! - c.retired) / rate));
  vmcs.set(F.VMX_PREEMPTION_TIMER_VALUE, left | 0, 0);
}

/** Saves guest state into the VMCS (SDM 3C "Saving Guest State"). */
export function saveGuestState(core: VmxCore): void {
  const { s, vmcs, guestPlans } = core;
  vmcs.set(F.GUEST_CR0, s[STATE.CR0]!, 0);
  vmcs.set(F.GUEST_CR4, s[STATE.CR4]!, 0);
  saveMsrs(core);
  storeFields(vmcs, guestPlans.registers, s);
  storeFields(vmcs, guestPlans.segments, s);
  storePair(vmcs, F.GUEST_RIP, s, STATE.RIP);
  storePair(vmcs, F.GUEST_RSP, s, STATE.GPR + 8);
  vmcs.set(F.GUEST_RFLAGS, savedRflags(core), 0);
  saveNonRegisterState(core);
  const isLongMode = (s[STATE.EFER]! & EFER_LMA) !== 0;
  if ((s[W.SECONDARY]! & C.ENABLE_EPT) !== 0 && usesPaePaging(s[STATE.CR0]!, s[STATE.CR4]!, isLongMode)) {
    for (let entry = 0; entry < 4; entry++) storePair(vmcs, PDPTES[entry]!, s, STATE.PDPTE + entry * 2);
  }
  updateEntryControls(core, isLongMode);
}

/** "IA-32e mode guest" follows the guest's mode; no event is injected again. */
function updateEntryControls({ capabilities, vmcs }: VmxCore, isLongMode: boolean): void {
  if (capabilities.misc.storeLma) {
    const entry = vmcs.lo(F.VM_ENTRY_CONTROLS);
    vmcs.set(F.VM_ENTRY_CONTROLS, isLongMode ? entry | C.IA32E_MODE_GUEST : entry & ~C.IA32E_MODE_GUEST, 0);
  }
  const injection = vmcs.lo(F.VM_ENTRY_INTERRUPTION_INFORMATION);
  if (injection < 0) vmcs.set(F.VM_ENTRY_INTERRUPTION_INFORMATION, injection & 0x7fffffff, 0);
}
