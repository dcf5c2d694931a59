import { STATE, writeRflags } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { CR0_UNCHANGED } from "../exit/load-host.ts";
import * as F from "../fields.ts";
import { CHANGED_REGISTERS, CHANGED_SEGMENTS, loadFields, type MemoryVmcs } from "../memory-vmcs.ts";
import type { EntryCheckContext } from "./check.ts";
import { usesPaePaging } from "./guest-pdpte-checks.ts";

const CR0_PG = 1 << 31;
const EFER_LME = 1 << 8;
const EFER_LMA = 1 << 10;
const DR7_CLEARED = 0xd000;
const DR7_FIXED = 0x400;
const PDPTES = [F.GUEST_PDPTE0, F.GUEST_PDPTE1, F.GUEST_PDPTE2, F.GUEST_PDPTE3];

/** Loads a pair of state words from a field; nothing where the word is -1. */
export function loadPair(s: Int32Array, word: number, vmcs: MemoryVmcs, field: number): void {
  if (word < 0) return;
  s[word] = vmcs.lo(field);
  s[word + 1] = vmcs.hi(field);
}

function loadEfer(s: Int32Array, vmcs: MemoryVmcs, x: EntryCheckContext): void {
  if ((x.entry & C.ENTRY_LOAD_IA32_EFER) !== 0) {
    s[STATE.EFER] = vmcs.lo(F.GUEST_IA32_EFER);
    return;
  }
  // Outside paging LME keeps its value.
  const lme = (x.cr0 & CR0_PG) !== 0 ? (x.isLongModeGuest ? EFER_LME : 0) : s[STATE.EFER]! & EFER_LME;
  s[STATE.EFER] = (s[STATE.EFER]! & ~(EFER_LME | EFER_LMA)) | lme | (x.isLongModeGuest ? EFER_LMA : 0);
}

function loadMsrs({ s, vmcs, msrWords }: VmxCore, x: EntryCheckContext): void {
  if ((x.entry & C.LOAD_DEBUG_CONTROLS) !== 0) {
    s[STATE.DR7] = (vmcs.lo(F.GUEST_DR7) & ~DR7_CLEARED) | DR7_FIXED;
    loadPair(s, msrWords.debugctl, vmcs, F.GUEST_IA32_DEBUGCTL);
  }
  // SYSENTER_CS has no high half in the VMCS.
  if (msrWords.sysenterCs >= 0) s[msrWords.sysenterCs + 1] = 0;
  loadEfer(s, vmcs, x);
  if ((x.entry & C.ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL) !== 0)
    loadPair(s, msrWords.perfGlobalCtrl, vmcs, F.GUEST_IA32_PERF_GLOBAL_CTRL);
  if ((x.entry & C.ENTRY_LOAD_IA32_PAT) !== 0) loadPair(s, msrWords.pat, vmcs, F.GUEST_IA32_PAT);
  if ((x.entry & C.LOAD_IA32_BNDCFGS) !== 0) loadPair(s, msrWords.bndcfgs, vmcs, F.GUEST_IA32_BNDCFGS);
  if ((x.entry & C.ENTRY_LOAD_PKRS) !== 0) loadPair(s, msrWords.pkrs, vmcs, F.GUEST_IA32_PKRS);
  if ((x.entry & C.ENTRY_LOAD_CET_STATE) === 0) return;
  loadPair(s, msrWords.supervisorCet, vmcs, F.GUEST_IA32_S_CET);
  loadPair(s, STATE.SSP, vmcs, F.GUEST_SSP);
  loadPair(s, msrWords.interruptSspTable, vmcs, F.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR);
}

function loadSegments({ s, vmcs, guestPlans }: VmxCore, x: EntryCheckContext): void {
  loadFields(vmcs, guestPlans.segments, s);
  s[STATE.CPL] = x.isVirtual8086 ? 3 : (vmcs.lo(F.GUEST_SS_ACCESS_RIGHTS) >>> 5) & 3;
}

function loadPdptes({ c, s, vmcs }: VmxCore, x: EntryCheckContext): void {
  if (!usesPaePaging(x.cr0, x.cr4, x.isLongModeGuest)) return;
  const hasEpt = (x.secondary & C.ENABLE_EPT) !== 0;
  const table = joinAddress(vmcs.lo(F.GUEST_CR3) & ~0x1f, vmcs.hi(F.GUEST_CR3));
  for (let entry = 0; entry < 4; entry++) {
    const word = STATE.PDPTE + entry * 2;
    if (hasEpt) loadPair(s, word, vmcs, PDPTES[entry]!);
    else {
      s[word] = c.memory.read32(table + entry * 8);
      s[word + 1] = c.memory.read32(table + entry * 8 + 4);
    }
  }
}

function loadRegisters(core: VmxCore, x: EntryCheckContext): void {
  const { s, vmcs, guestPlans } = core;
  s[STATE.CR0] = (x.cr0 & ~CR0_UNCHANGED) | (s[STATE.CR0]! & CR0_UNCHANGED);
  s[STATE.CR4] = x.cr4;
  loadFields(vmcs, guestPlans.registers, s);
  loadMsrs(core, x);
  loadPdptes(core, x);
}

/**
 * Loads guest state from the VMCS (SDM 3C "Loading Guest State"). The checks have passed.
 * @param stale groups of fields that the registers do not hold already
 */
export function loadGuestState(core: VmxCore, x: EntryCheckContext, stale: number): void {
  const { s, vmcs } = core;
  if ((stale & CHANGED_REGISTERS) !== 0) loadRegisters(core, x);
  if ((stale & CHANGED_SEGMENTS) !== 0) loadSegments(core, x);
  loadPair(s, STATE.GPR + 8, vmcs, F.GUEST_RSP);
  loadPair(s, STATE.RIP, vmcs, F.GUEST_RIP);
  writeRflags(s, x.rflags);
  s[STATE.ACTIVITY] = vmcs.lo(F.GUEST_ACTIVITY_STATE);
  s[STATE.INTERRUPTIBILITY] = vmcs.lo(F.GUEST_INTERRUPTIBILITY_STATE);
  s[STATE.PENDING_DEBUG] = vmcs.lo(F.GUEST_PENDING_DEBUG_EXCEPTIONS);
}
