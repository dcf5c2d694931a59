import { STATE, writeRflags } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { isPdpteInvalid, usesPaePaging } from "../entry/guest-pdpte-checks.ts";
import { loadPair } from "../entry/load.ts";
import * as F from "../fields.ts";
import type { MemoryVmcs } from "../memory-vmcs.ts";
import * as W from "../state.ts";

/** CR0 bits that VM entry and exit leave alone: ET, NW, CD and the reserved ones. */
export const CR0_UNCHANGED = 0x7ffaffd0;
const CR4_PAE = 1 << 5;
const CR4_PCIDE = 1 << 17;
const EFER_LME_LMA = (1 << 8) | (1 << 10);
const DR7_INITIAL = 0x400;
const RFLAGS_INITIAL = 2;
const UNUSABLE = 1 << 16;
const CODE_64 = 0xa09b;
const CODE_32 = 0xc09b;
const DATA = 0xc093;
const BUSY_TSS = 0x8b;
const TSS_LIMIT = 0x67;
const TABLE_LIMIT = 0xffff;

function loadHostMsrs({ s, msrWords }: VmxCore, vmcs: MemoryVmcs, exit: number, isHost64: boolean): void {
  s[STATE.DR7] = DR7_INITIAL;
  if (msrWords.debugctl >= 0) {
    s[msrWords.debugctl] = 0;
    s[msrWords.debugctl + 1] = 0;
  }
  loadPair(s, msrWords.sysenterCs, vmcs, F.HOST_IA32_SYSENTER_CS);
  loadPair(s, msrWords.sysenterEsp, vmcs, F.HOST_IA32_SYSENTER_ESP);
  loadPair(s, msrWords.sysenterEip, vmcs, F.HOST_IA32_SYSENTER_EIP);
  if ((exit & C.EXIT_LOAD_IA32_EFER) !== 0) s[STATE.EFER] = vmcs.lo(F.HOST_IA32_EFER);
  else s[STATE.EFER] = isHost64 ? s[STATE.EFER]! | EFER_LME_LMA : s[STATE.EFER]! & ~EFER_LME_LMA;
  if ((exit & C.EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) !== 0)
    loadPair(s, msrWords.perfGlobalCtrl, vmcs, F.HOST_IA32_PERF_GLOBAL_CTRL);
  if ((exit & C.EXIT_LOAD_IA32_PAT) !== 0) loadPair(s, msrWords.pat, vmcs, F.HOST_IA32_PAT);
  if ((exit & C.EXIT_LOAD_PKRS) !== 0) loadPair(s, msrWords.pkrs, vmcs, F.HOST_IA32_PKRS);
  if ((exit & C.EXIT_LOAD_CET_STATE) !== 0) {
    loadPair(s, msrWords.supervisorCet, vmcs, F.HOST_IA32_S_CET);
    loadPair(s, STATE.SSP, vmcs, F.HOST_SSP);
    loadPair(s, msrWords.interruptSspTable, vmcs, F.HOST_IA32_INTERRUPT_SSP_TABLE_ADDR);
  }
  if ((exit & C.CLEAR_IA32_BNDCFGS) !== 0 && msrWords.bndcfgs >= 0) {
    s[msrWords.bndcfgs] = 0;
    s[msrWords.bndcfgs + 1] = 0;
  }
}

function setSegment(s: Int32Array, index: number, selector: number, access: number): void {
  const word = STATE.SEGMENTS + index * STATE.SEGMENT_STRIDE;
  s[word + STATE.SEGMENT_SELECTOR] = selector;
  s[word + STATE.SEGMENT_BASE] = 0;
  s[word + STATE.SEGMENT_BASE_HIGH] = 0;
  s[word + STATE.SEGMENT_LIMIT] = -1;
  s[word + STATE.SEGMENT_ACCESS] = access;
}

function loadData(s: Int32Array, index: number, vmcs: MemoryVmcs, field: number): void {
  const selector = vmcs.lo(field);
  setSegment(s, index, selector, selector === 0 ? DATA | UNUSABLE : DATA);
}

function loadBase(s: Int32Array, index: number, vmcs: MemoryVmcs, field: number): void {
  loadPair(s, STATE.SEGMENTS + index * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE, vmcs, field);
}

function loadHostSegments({ s }: VmxCore, vmcs: MemoryVmcs, isHost64: boolean): void {
  setSegment(s, STATE.CS, vmcs.lo(F.HOST_CS_SELECTOR), isHost64 ? CODE_64 : CODE_32);
  loadData(s, STATE.SS, vmcs, F.HOST_SS_SELECTOR);
  loadData(s, STATE.DS, vmcs, F.HOST_DS_SELECTOR);
  loadData(s, STATE.ES, vmcs, F.HOST_ES_SELECTOR);
  loadData(s, STATE.FS, vmcs, F.HOST_FS_SELECTOR);
  loadData(s, STATE.GS, vmcs, F.HOST_GS_SELECTOR);
  loadBase(s, STATE.FS, vmcs, F.HOST_FS_BASE);
  loadBase(s, STATE.GS, vmcs, F.HOST_GS_BASE);
  setSegment(s, STATE.TR, vmcs.lo(F.HOST_TR_SELECTOR), BUSY_TSS);
  s[STATE.SEGMENTS + STATE.TR * STATE.SEGMENT_STRIDE + STATE.SEGMENT_LIMIT] = TSS_LIMIT;
  loadBase(s, STATE.TR, vmcs, F.HOST_TR_BASE);
  setSegment(s, STATE.LDTR, 0, UNUSABLE);
  loadPair(s, STATE.GDTR, vmcs, F.HOST_GDTR_BASE);
  s[STATE.GDTR + 2] = TABLE_LIMIT;
  loadPair(s, STATE.IDTR, vmcs, F.HOST_IDTR_BASE);
  s[STATE.IDTR + 2] = TABLE_LIMIT;
  s[STATE.CPL] = 0;
}

/** Loads the PDPTEs of a host with PAE paging. False if one is invalid. */
function loadHostPdptes({ c, s, capabilities }: VmxCore, isHost64: boolean): boolean {
  if (!usesPaePaging(s[STATE.CR0]!, s[STATE.CR4]!, isHost64)) return true;
  const table = joinAddress(s[STATE.CR3]! & ~0x1f, 0);
  for (let entry = 0; entry < 4; entry++) {
    const lo = c.memory.read32(table + entry * 8);
    const hi = c.memory.read32(table + entry * 8 + 4);
    if (isPdpteInvalid(lo, hi, capabilities.reservedAddressHigh)) return false;
    s[STATE.PDPTE + entry * 2] = lo;
    s[STATE.PDPTE + entry * 2 + 1] = hi;
  }
  return true;
}

/**
 * Loads host state from a VMCS (SDM 3C "Loading Host State").
 * @returns whether the host's PDPTEs are valid
 */
export function loadHostState(core: VmxCore, vmcs: MemoryVmcs): boolean {
  const { s } = core;
  core.c.f64[W.KEPT_POINTER] = 0;
  const exit = vmcs.lo(F.VM_EXIT_CONTROLS);
  const isHost64 = (exit & C.HOST_ADDRESS_SPACE_SIZE) !== 0;
  s[STATE.CR0] = (vmcs.lo(F.HOST_CR0) & ~CR0_UNCHANGED) | (s[STATE.CR0]! & CR0_UNCHANGED);
  loadPair(s, STATE.CR3, vmcs, F.HOST_CR3);
  const cr4 = vmcs.lo(F.HOST_CR4);
  s[STATE.CR4] = isHost64 ? cr4 | CR4_PAE : cr4 & ~CR4_PCIDE;
  loadHostMsrs(core, vmcs, exit, isHost64);
  loadHostSegments(core, vmcs, isHost64);
  loadPair(s, STATE.RIP, vmcs, F.HOST_RIP);
  loadPair(s, STATE.GPR + 8, vmcs, F.HOST_RSP);
  writeRflags(s, RFLAGS_INITIAL);
  s[STATE.ACTIVITY] = 0;
  s[STATE.PENDING_DEBUG] = 0;
  return loadHostPdptes(core, isHost64);
}
