import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { hasBadMemoryTypes, isNonCanonical, setsReservedCetBits } from "./value-tests.ts";

const REGISTERS = {
  sdm: '3C "Checks on Guest Control Registers, Debug Registers, and MSRs"',
  group: "guest",
  looksAt: "registers",
} as const;

const CR0_PE = 1;
const CR0_WP = 1 << 16;
const CR0_PG = 1 << 31;
const CR4_PAE = 1 << 5;
const CR4_PCIDE = 1 << 17;
const CR4_CET = 1 << 23;
const EFER_LME = 1 << 8;
const EFER_LMA = 1 << 10;
const BNDCFGS_RESERVED = 0xffc;

function isBadCr0(c: EntryCheckContext): boolean {
  const optional = c.isUnrestrictedGuest ? CR0_PE | CR0_PG : 0;
  const required = c.capabilities.cr0Fixed0 & ~optional;
  return (c.cr0 & required) !== required || (c.cr0 & ~c.capabilities.cr0Fixed1) !== 0 || c.v.hi(F.GUEST_CR0) !== 0;
}

function isBadCr4(c: EntryCheckContext): boolean {
  const { cr4Fixed0, cr4Fixed1 } = c.capabilities;
  return (c.cr4 & cr4Fixed0) !== cr4Fixed0 || (c.cr4 & ~cr4Fixed1) !== 0 || c.v.hi(F.GUEST_CR4) !== 0;
}

function loadsDebugControls(c: EntryCheckContext): boolean {
  return (c.entry & C.LOAD_DEBUG_CONTROLS) !== 0;
}

function loadsCet(c: EntryCheckContext): boolean {
  return (c.entry & C.ENTRY_LOAD_CET_STATE) !== 0;
}

function loadsEfer(c: EntryCheckContext): boolean {
  return (c.entry & C.ENTRY_LOAD_IA32_EFER) !== 0;
}

function isEferModeInconsistent(c: EntryCheckContext): boolean {
  if (!loadsEfer(c)) return false;
  const efer = c.v.lo(F.GUEST_IA32_EFER);
  const lma = (efer & EFER_LMA) !== 0;
  return lma !== c.isLongModeGuest || ((c.cr0 & CR0_PG) !== 0 && lma !== ((efer & EFER_LME) !== 0));
}

/** Checks on guest control registers, debug registers and MSRs, in the manual's order. */
export const GUEST_REGISTER_CHECKS: readonly EntryCheck[] = [
  { ...REGISTERS, id: "guest.cr0.fixed", violated: isBadCr0 },
  {
    ...REGISTERS,
    id: "guest.cr0.pagingNeedsProtection",
    violated: (c) => (c.cr0 & CR0_PG) !== 0 && (c.cr0 & CR0_PE) === 0,
  },
  { ...REGISTERS, id: "guest.cr4.fixed", violated: isBadCr4 },
  {
    ...REGISTERS,
    id: "guest.cr4.cetNeedsWriteProtect",
    violated: (c) => (c.cr4 & CR4_CET) !== 0 && (c.cr0 & CR0_WP) === 0,
  },
  {
    ...REGISTERS,
    id: "guest.debugctl.reserved",
    violated: (c) =>
      loadsDebugControls(c) &&
      ((c.v.lo(F.GUEST_IA32_DEBUGCTL) & ~c.capabilities.writableMsrBits.debugctl) !== 0 ||
        c.v.hi(F.GUEST_IA32_DEBUGCTL) !== 0),
  },
  {
    ...REGISTERS,
    id: "guest.cr0.longModeNeedsPaging",
    violated: (c) => c.isLongModeGuest && ((c.cr0 & CR0_PG) === 0 || (c.cr4 & CR4_PAE) === 0),
  },
  {
    ...REGISTERS,
    id: "guest.cr4.pcideNeedsLongMode",
    violated: (c) => !c.isLongModeGuest && (c.cr4 & CR4_PCIDE) !== 0,
  },
  {
    ...REGISTERS,
    id: "guest.cr3.reserved",
    violated: (c) => (c.v.hi(F.GUEST_CR3) & c.capabilities.reservedAddressHigh) !== 0,
  },
  { ...REGISTERS, id: "guest.dr7.high", violated: (c) => loadsDebugControls(c) && c.v.hi(F.GUEST_DR7) !== 0 },
  { ...REGISTERS, id: "guest.sysenterEsp.canonical", violated: (c) => isNonCanonical(c, F.GUEST_IA32_SYSENTER_ESP) },
  { ...REGISTERS, id: "guest.sysenterEip.canonical", violated: (c) => isNonCanonical(c, F.GUEST_IA32_SYSENTER_EIP) },
  {
    ...REGISTERS,
    id: "guest.sCet.reserved",
    violated: (c) => loadsCet(c) && setsReservedCetBits(c.v.lo(F.GUEST_IA32_S_CET)),
  },
  {
    ...REGISTERS,
    id: "guest.sCet.canonical",
    violated: (c) => loadsCet(c) && isNonCanonical(c, F.GUEST_IA32_S_CET),
  },
  {
    ...REGISTERS,
    id: "guest.interruptSspTable.canonical",
    violated: (c) => loadsCet(c) && isNonCanonical(c, F.GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR),
  },
  {
    ...REGISTERS,
    id: "guest.perfGlobalCtrl.reserved",
    violated: (c) =>
      (c.entry & C.ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL) !== 0 &&
      ((c.v.lo(F.GUEST_IA32_PERF_GLOBAL_CTRL) & ~c.capabilities.writableMsrBits.perfGlobalCtrlLow) !== 0 ||
        (c.v.hi(F.GUEST_IA32_PERF_GLOBAL_CTRL) & ~c.capabilities.writableMsrBits.perfGlobalCtrlHigh) !== 0),
  },
  {
    ...REGISTERS,
    id: "guest.pat",
    violated: (c) =>
      (c.entry & C.ENTRY_LOAD_IA32_PAT) !== 0 &&
      (hasBadMemoryTypes(c.v.lo(F.GUEST_IA32_PAT)) || hasBadMemoryTypes(c.v.hi(F.GUEST_IA32_PAT))),
  },
  {
    ...REGISTERS,
    id: "guest.efer.reserved",
    violated: (c) =>
      loadsEfer(c) &&
      ((c.v.lo(F.GUEST_IA32_EFER) & ~c.capabilities.writableMsrBits.efer) !== 0 || c.v.hi(F.GUEST_IA32_EFER) !== 0),
  },
  { ...REGISTERS, id: "guest.efer.mode", violated: isEferModeInconsistent },
  {
    ...REGISTERS,
    id: "guest.bndcfgs",
    violated: (c) =>
      (c.entry & C.LOAD_IA32_BNDCFGS) !== 0 &&
      ((c.v.lo(F.GUEST_IA32_BNDCFGS) & BNDCFGS_RESERVED) !== 0 || isNonCanonical(c, F.GUEST_IA32_BNDCFGS)),
  },
  {
    ...REGISTERS,
    id: "guest.pkrs.reserved",
    violated: (c) => (c.entry & C.ENTRY_LOAD_PKRS) !== 0 && c.v.hi(F.GUEST_IA32_PKRS) !== 0,
  },
];
