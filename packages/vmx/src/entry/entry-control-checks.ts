import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { isBadMsrArea, violatesAllowed } from "./value-tests.ts";

const ENTRY = { sdm: '3C "VM-Entry Control Fields"', group: "control" } as const;

const TYPE_RESERVED = 1;
const TYPE_NMI = 2;
const TYPE_HARDWARE_EXCEPTION = 3;
const TYPE_SOFTWARE_INTERRUPT = 4;
const TYPE_SOFTWARE_EXCEPTION = 6;
const TYPE_OTHER = 7;
const DELIVER_ERROR_CODE = 1 << 11;
const NESTED_EXCEPTION = 1 << 13;
const RESERVED_INFORMATION = 0x7ffff000;
/** #DF #TS #NP #SS #GP #PF #AC; #CP where control-flow enforcement exists. */
const WITH_ERROR_CODE = (1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17);
const CONTROL_PROTECTION = 1 << 21;
const CR0_PE = 1;

function typeOf(c: EntryCheckContext): number {
  return (c.injection >>> 8) & 7;
}

function vectorOf(c: EntryCheckContext): number {
  return c.injection & 0xff;
}

function canInjectOther(c: EntryCheckContext): boolean {
  return (c.capabilities.controls.primary.allowed & C.MONITOR_TRAP_FLAG) !== 0;
}

function isVectorInconsistent(c: EntryCheckContext): boolean {
  const type = typeOf(c);
  const vector = vectorOf(c);
  if (type === TYPE_NMI) return vector !== 2;
  if (type === TYPE_HARDWARE_EXCEPTION) return vector > 31;
  return type === TYPE_OTHER && vector !== 0;
}

function isProtected(c: EntryCheckContext): boolean {
  return (c.cr0 & CR0_PE) !== 0 || !c.isUnrestrictedGuest;
}

function hasVectorErrorCode(c: EntryCheckContext): boolean {
  const vector = vectorOf(c);
  const withCode = WITH_ERROR_CODE | (c.capabilities.cr4Fixed1 & (1 << 23) ? CONTROL_PROTECTION : 0);
  return vector < 32 && ((withCode >>> vector) & 1) !== 0;
}

function isErrorCodeInconsistent(c: EntryCheckContext): boolean {
  const delivers = (c.injection & DELIVER_ERROR_CODE) !== 0;
  if (typeOf(c) !== TYPE_HARDWARE_EXCEPTION || !isProtected(c)) return delivers;
  return !c.capabilities.anyErrorCode && delivers !== hasVectorErrorCode(c);
}

function isSoftwareEvent(c: EntryCheckContext): boolean {
  const type = typeOf(c);
  return type >= TYPE_SOFTWARE_INTERRUPT && type <= TYPE_SOFTWARE_EXCEPTION;
}

function isBadInstructionLength(c: EntryCheckContext): boolean {
  const length = c.v.lo(F.VM_ENTRY_INSTRUCTION_LENGTH) >>> 0;
  return length > 15 || (length === 0 && !c.capabilities.misc.zeroLengthInjection);
}

/** Checks of the VM-entry controls, in the manual's order. */
export const ENTRY_CONTROL_CHECKS: readonly EntryCheck[] = [
  {
    ...ENTRY,
    id: "control.entry.reserved",
    violated: (c) => violatesAllowed(c.capabilities.controls.entry, c.entry),
  },
  {
    ...ENTRY,
    id: "control.injection.type",
    violated: (c) => c.isInjecting && (typeOf(c) === TYPE_RESERVED || (typeOf(c) === TYPE_OTHER && !canInjectOther(c))),
  },
  {
    ...ENTRY,
    id: "control.injection.vector",
    violated: (c) => c.isInjecting && isVectorInconsistent(c),
  },
  {
    ...ENTRY,
    id: "control.injection.deliverErrorCode",
    violated: (c) => c.isInjecting && isErrorCodeInconsistent(c),
  },
  {
    ...ENTRY,
    id: "control.injection.reserved",
    violated: (c) =>
      c.isInjecting &&
      (c.injection & RESERVED_INFORMATION & ~(c.capabilities.nestedException ? NESTED_EXCEPTION : 0)) !== 0,
  },
  {
    ...ENTRY,
    id: "control.injection.errorCodeReserved",
    violated: (c) =>
      c.isInjecting && (c.injection & DELIVER_ERROR_CODE) !== 0 && c.v.lo(F.VM_ENTRY_EXCEPTION_ERROR_CODE) >>> 16 !== 0,
  },
  {
    ...ENTRY,
    id: "control.injection.instructionLength",
    violated: (c) => c.isInjecting && isSoftwareEvent(c) && isBadInstructionLength(c),
  },
  {
    ...ENTRY,
    id: "control.entry.msrLoadArea",
    violated: (c) => isBadMsrArea(c, F.VM_ENTRY_MSR_LOAD_COUNT, F.VM_ENTRY_MSR_LOAD_ADDRESS),
  },
  {
    ...ENTRY,
    id: "control.entry.smmOutsideSmm",
    violated: (c) => (c.entry & (C.ENTRY_TO_SMM | C.DEACTIVATE_DUAL_MONITOR_TREATMENT)) !== 0,
  },
];
