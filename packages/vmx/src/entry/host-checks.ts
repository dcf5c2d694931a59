import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { hasBadMemoryTypes, isNonCanonical, setsReservedCetBits } from "./value-tests.ts";

const REGISTERS = { sdm: '3C "Checks on Host Control Registers, MSRs, and SSP"', group: "host" } as const;
const SEGMENTS = { sdm: '3C "Checks on Host Segment and Descriptor-Table Registers"', group: "host" } as const;
const SPACE = { sdm: '3C "Checks Related to Address-Space Size"', group: "host" } as const;

const CR0_WP = 1 << 16;
const CR4_PAE = 1 << 5;
const CR4_PCIDE = 1 << 17;
const CR4_CET = 1 << 23;
const RPL_AND_TI = 7;
const EFER_LME_LMA = (1 << 8) | (1 << 10);

function isHost64(c: EntryCheckContext): boolean {
  return (c.exit & C.HOST_ADDRESS_SPACE_SIZE) !== 0;
}

function loadsCet(c: EntryCheckContext): boolean {
  return (c.exit & C.EXIT_LOAD_CET_STATE) !== 0;
}

function setsUnsupported(value: number, high: number, fixed0: number, fixed1: number): boolean {
  return high !== 0 || (value & fixed0) !== fixed0 || (value & ~fixed1) !== 0;
}

function isBadHostEfer(c: EntryCheckContext): boolean {
  if ((c.exit & C.EXIT_LOAD_IA32_EFER) === 0) return false;
  const efer = c.v.lo(F.HOST_IA32_EFER);
  return (efer & ~c.capabilities.writableMsrBits.efer) !== 0 || c.v.hi(F.HOST_IA32_EFER) !== 0;
}

function isHostModeInconsistent(c: EntryCheckContext): boolean {
  if ((c.exit & C.EXIT_LOAD_IA32_EFER) === 0) return false;
  return (c.v.lo(F.HOST_IA32_EFER) & EFER_LME_LMA) !== (isHost64(c) ? EFER_LME_LMA : 0);
}

function selectorCheck(name: string, field: number): EntryCheck {
  return {
    ...SEGMENTS,
    id: `host.${name}.selector`,
    violated: (c) => (c.v.lo(field) & RPL_AND_TI) !== 0,
  };
}

function baseCheck(name: string, field: number): EntryCheck {
  return { ...SEGMENTS, id: `host.${name}.base`, violated: (c) => isNonCanonical(c, field) };
}

/** Checks on the host-state area in the manual's order; a violation is VM-instruction error 8. */
export const HOST_CHECKS: readonly EntryCheck[] = [
  {
    ...REGISTERS,
    id: "host.cr0.fixed",
    violated: (c) =>
      setsUnsupported(c.v.lo(F.HOST_CR0), c.v.hi(F.HOST_CR0), c.capabilities.cr0Fixed0, c.capabilities.cr0Fixed1),
  },
  {
    ...REGISTERS,
    id: "host.cr4.fixed",
    violated: (c) =>
      setsUnsupported(c.v.lo(F.HOST_CR4), c.v.hi(F.HOST_CR4), c.capabilities.cr4Fixed0, c.capabilities.cr4Fixed1),
  },
  {
    ...REGISTERS,
    id: "host.cr4.cetNeedsWriteProtect",
    violated: (c) => (c.v.lo(F.HOST_CR4) & CR4_CET) !== 0 && (c.v.lo(F.HOST_CR0) & CR0_WP) === 0,
  },
  {
    ...REGISTERS,
    id: "host.cr3.reserved",
    violated: (c) => (c.v.hi(F.HOST_CR3) & c.capabilities.reservedAddressHigh) !== 0,
  },
  { ...REGISTERS, id: "host.sysenterEsp.canonical", violated: (c) => isNonCanonical(c, F.HOST_IA32_SYSENTER_ESP) },
  { ...REGISTERS, id: "host.sysenterEip.canonical", violated: (c) => isNonCanonical(c, F.HOST_IA32_SYSENTER_EIP) },
  {
    ...REGISTERS,
    id: "host.sCet.reserved",
    violated: (c) => loadsCet(c) && setsReservedCetBits(c.v.lo(F.HOST_IA32_S_CET)),
  },
  {
    ...REGISTERS,
    id: "host.sCet.canonical",
    violated: (c) => loadsCet(c) && isNonCanonical(c, F.HOST_IA32_S_CET),
  },
  {
    ...REGISTERS,
    id: "host.interruptSspTable.canonical",
    violated: (c) => loadsCet(c) && isNonCanonical(c, F.HOST_IA32_INTERRUPT_SSP_TABLE_ADDR),
  },
  { ...REGISTERS, id: "host.ssp.aligned", violated: (c) => loadsCet(c) && (c.v.lo(F.HOST_SSP) & 3) !== 0 },
  {
    ...REGISTERS,
    id: "host.perfGlobalCtrl.reserved",
    violated: (c) =>
      (c.exit & C.EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) !== 0 &&
      ((c.v.lo(F.HOST_IA32_PERF_GLOBAL_CTRL) & ~c.capabilities.writableMsrBits.perfGlobalCtrlLow) !== 0 ||
        (c.v.hi(F.HOST_IA32_PERF_GLOBAL_CTRL) & ~c.capabilities.writableMsrBits.perfGlobalCtrlHigh) !== 0),
  },
  {
    ...REGISTERS,
    id: "host.pat",
    violated: (c) =>
      (c.exit & C.EXIT_LOAD_IA32_PAT) !== 0 &&
      (hasBadMemoryTypes(c.v.lo(F.HOST_IA32_PAT)) || hasBadMemoryTypes(c.v.hi(F.HOST_IA32_PAT))),
  },
  { ...REGISTERS, id: "host.efer.reserved", violated: isBadHostEfer },
  { ...REGISTERS, id: "host.efer.addressSpaceSize", violated: isHostModeInconsistent },
  {
    ...REGISTERS,
    id: "host.pkrs.reserved",
    violated: (c) => (c.exit & C.EXIT_LOAD_PKRS) !== 0 && c.v.hi(F.HOST_IA32_PKRS) !== 0,
  },
  selectorCheck("cs", F.HOST_CS_SELECTOR),
  selectorCheck("ss", F.HOST_SS_SELECTOR),
  selectorCheck("ds", F.HOST_DS_SELECTOR),
  selectorCheck("es", F.HOST_ES_SELECTOR),
  selectorCheck("fs", F.HOST_FS_SELECTOR),
  selectorCheck("gs", F.HOST_GS_SELECTOR),
  selectorCheck("tr", F.HOST_TR_SELECTOR),
  { ...SEGMENTS, id: "host.cs.null", violated: (c) => c.v.lo(F.HOST_CS_SELECTOR) === 0 },
  { ...SEGMENTS, id: "host.tr.null", violated: (c) => c.v.lo(F.HOST_TR_SELECTOR) === 0 },
  { ...SEGMENTS, id: "host.ss.null", violated: (c) => !isHost64(c) && c.v.lo(F.HOST_SS_SELECTOR) === 0 },
  baseCheck("fs", F.HOST_FS_BASE),
  baseCheck("gs", F.HOST_GS_BASE),
  baseCheck("gdtr", F.HOST_GDTR_BASE),
  baseCheck("idtr", F.HOST_IDTR_BASE),
  baseCheck("tr", F.HOST_TR_BASE),
  {
    ...SPACE,
    id: "host.addressSpace.outsideLongMode",
    violated: (c) => !c.isHostLongMode && (c.isLongModeGuest || isHost64(c)),
  },
  { ...SPACE, id: "host.addressSpace.inLongMode", violated: (c) => c.isHostLongMode && !isHost64(c) },
  { ...SPACE, id: "host.addressSpace.longModeGuest", violated: (c) => !isHost64(c) && c.isLongModeGuest },
  {
    ...SPACE,
    id: "host.addressSpace.pcide",
    violated: (c) => !isHost64(c) && (c.v.lo(F.HOST_CR4) & CR4_PCIDE) !== 0,
  },
  { ...SPACE, id: "host.rip.high", violated: (c) => !isHost64(c) && c.v.hi(F.HOST_RIP) !== 0 },
  {
    ...SPACE,
    id: "host.cet.high",
    violated: (c) => !isHost64(c) && loadsCet(c) && (c.v.hi(F.HOST_IA32_S_CET) | c.v.hi(F.HOST_SSP)) !== 0,
  },
  { ...SPACE, id: "host.addressSpace.pae", violated: (c) => isHost64(c) && (c.v.lo(F.HOST_CR4) & CR4_PAE) === 0 },
  { ...SPACE, id: "host.rip.canonical", violated: (c) => isHost64(c) && isNonCanonical(c, F.HOST_RIP) },
  {
    ...SPACE,
    id: "host.ssp.canonical",
    violated: (c) => isHost64(c) && loadsCet(c) && isNonCanonical(c, F.HOST_SSP),
  },
];
