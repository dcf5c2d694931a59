import { STATE } from "@hvdiff/cpu";
import { leaveVirtualApic } from "./apic/enter-apic.ts";
import * as C from "./control-bits.ts";
import type { VmxCore } from "./core.ts";
import { loadHostState } from "./exit/load-host.ts";
import * as F from "./fields.ts";
import { CHANGED_ALL, CHANGED_REGISTERS, CHANGED_SEGMENTS, type MemoryVmcs } from "./memory-vmcs.ts";
import * as W from "./state.ts";

/*
 * A client in TypeScript that owns root mode runs no machine code there, so nobody can see whether a VM exit has loaded host state. The
 * guest's state stays in the registers then, and the next entry with the same VMCS loads only what the client has set in it.
 */

const MODE_ROOT = 1;
const SAVES_ALL = C.HOST_ADDRESS_SPACE_SIZE | C.SAVE_DEBUG_CONTROLS | C.SAVE_IA32_PAT | C.SAVE_IA32_EFER;
const LOADS_ALL = C.LOAD_DEBUG_CONTROLS | C.ENTRY_LOAD_IA32_PAT | C.ENTRY_LOAD_IA32_EFER;
/** State that entries load and exits need not save. */
const LOADS_MORE =
  C.ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL | C.LOAD_IA32_BNDCFGS | C.ENTRY_LOAD_PKRS | C.ENTRY_LOAD_CET_STATE;
/** Registers that exits change and entries leave alone. */
const CHANGES_MORE =
  C.EXIT_LOAD_IA32_PERF_GLOBAL_CTRL | C.CLEAR_IA32_BNDCFGS | C.EXIT_LOAD_PKRS | C.EXIT_LOAD_CET_STATE;
const TAGGED = C.ENABLE_EPT | C.ENABLE_VPID;

function hasAll(word: number, bits: number): boolean {
  return (word & bits) === bits;
}

/** Whether the exit under way may leave the guest's state where it is: the next entry would load back what was saved. */
export function mayKeepGuestState({ s, vmcs, hasRootClient }: VmxCore): boolean {
  if (!hasRootClient || vmcs.lo(F.VM_EXIT_MSR_LOAD_COUNT) !== 0) return false;
  const entry = s[W.ENTRY_CONTROLS]!;
  if (!hasAll(entry, LOADS_ALL) || (entry & LOADS_MORE) !== 0) return false;
  const exit = s[W.EXIT_CONTROLS]!;
  return hasAll(exit, SAVES_ALL) && (exit & CHANGES_MORE) === 0 && hasAll(s[W.SECONDARY]!, TAGGED);
}

/** Ends a VM exit with the guest's state, which has been saved, left in the registers. */
export function keepGuestState(core: VmxCore): void {
  const { c, s, vmcs } = core;
  s[STATE.EVENTS]! &= ~(STATE.EVENT_VIRTUALIZATION | STATE.EVENT_DEBUG_TRAP);
  s[W.PENDING_MTF] = 0;
  leaveVirtualApic(core);
  s[STATE.VIRTUALIZATION_MODE] = MODE_ROOT;
  s[STATE.TRACE_LEVEL] = s[W.ROOT_TRACE_LEVEL]!;
  c.f64[W.KEPT_POINTER] = vmcs.address + 1;
  core.resident = vmcs;
  vmcs.stale &= ~(CHANGED_SEGMENTS | CHANGED_REGISTERS);
}

/**
 * Before an entry loads guest state.
 * @param entry VM-entry controls
 * @returns the groups of fields that the registers and slots do not hold already
 */
export function takeKeptState(core: VmxCore, vmcs: MemoryVmcs, entry: number): number {
  const { c, environment } = core;
  const pointer = c.f64[W.KEPT_POINTER]! - 1;
  const { resident } = core;
  core.resident = null;
  if (pointer === -1) return CHANGED_ALL;
  if (resident === vmcs && pointer === vmcs.address) {
    c.f64[W.KEPT_POINTER] = 0;
    return vmcs.stale;
  }
  // An entry that loads everything itself finds nothing of root mode's state; others start from it.
  if (hasAll(entry, LOADS_ALL)) c.f64[W.KEPT_POINTER] = 0;
  else loadHostState(core, environment.vmcsAt(pointer)!);
  return CHANGED_ALL;
}
