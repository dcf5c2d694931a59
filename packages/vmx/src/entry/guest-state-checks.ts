import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { isBadAddress } from "./value-tests.ts";

const STATE = { sdm: '3C "Checks on Guest Non-Register State"', group: "guest", looksAt: "events" } as const;
const LINK_POINTER = { ...STATE, qualification: 4 } as const;

const ACTIVE = 0;
const HLT = 1;
const SHUTDOWN = 2;
const WAIT_FOR_SIPI = 3;
const STI = 1;
const MOV_SS = 2;
const SMI = 4;
const NMI = 8;
const RFLAGS_TF = 1 << 8;
const RFLAGS_IF = 1 << 9;
const DEBUGCTL_BTF = 2;
const PENDING_BS = 1 << 14;
const PENDING_RTM = 1 << 16;
const PENDING_RESERVED = ~(0xf | (1 << 12) | PENDING_BS | PENDING_RTM);
const EXTERNAL = 0;
const TYPE_NMI = 2;
const HARDWARE_EXCEPTION = 3;
const OTHER = 7;

function activity(c: EntryCheckContext): number {
  return c.v.lo(F.GUEST_ACTIVITY_STATE) >>> 0;
}

function interruptibility(c: EntryCheckContext): number {
  return c.v.lo(F.GUEST_INTERRUPTIBILITY_STATE);
}

function injects(c: EntryCheckContext, type: number): boolean {
  return c.isInjecting && ((c.injection >>> 8) & 7) === type;
}

function wakesFromHlt(type: number, vector: number): boolean {
  if (type === EXTERNAL || type === TYPE_NMI) return true;
  return type === HARDWARE_EXCEPTION ? vector === 1 || vector === 18 : type === OTHER && vector === 0;
}

/** Whether the injected event may be delivered in the activity state. */
function isInjectionImpossible(c: EntryCheckContext): boolean {
  if (!c.isInjecting) return false;
  const type = (c.injection >>> 8) & 7;
  const vector = c.injection & 0xff;
  const state = activity(c);
  if (state === HLT) return !wakesFromHlt(type, vector);
  if (state === SHUTDOWN) return !(type === TYPE_NMI || (type === HARDWARE_EXCEPTION && vector === 18));
  return state === WAIT_FOR_SIPI;
}

function hasStepInconsistency(c: EntryCheckContext): boolean {
  const blocked = (interruptibility(c) & (STI | MOV_SS)) !== 0 || activity(c) === HLT;
  if (!blocked) return false;
  const steps = (c.rflags & RFLAGS_TF) !== 0 && (c.v.lo(F.GUEST_IA32_DEBUGCTL) & DEBUGCTL_BTF) === 0;
  return steps !== ((c.v.lo(F.GUEST_PENDING_DEBUG_EXCEPTIONS) & PENDING_BS) !== 0);
}

function hasLinkPointer(c: EntryCheckContext): boolean {
  return c.v.lo(F.VMCS_LINK_POINTER) !== -1 || c.v.hi(F.VMCS_LINK_POINTER) !== -1;
}

function linkPointer(c: EntryCheckContext): number {
  return joinAddress(c.v.lo(F.VMCS_LINK_POINTER), c.v.hi(F.VMCS_LINK_POINTER));
}

function isLinkRevisionWrong(c: EntryCheckContext): boolean {
  if (!hasLinkPointer(c)) return false;
  const word = c.memory.read32(linkPointer(c));
  const shadow = (c.secondary & C.VMCS_SHADOWING) !== 0;
  return (word & 0x7fffffff) !== c.capabilities.revisionId || word < 0 !== shadow;
}

/** Checks on activity state, interruptibility state, pending debug exceptions and the VMCS link pointer. */
export const GUEST_STATE_CHECKS: readonly EntryCheck[] = [
  {
    ...STATE,
    id: "guest.activityState.supported",
    violated: (c) => activity(c) > WAIT_FOR_SIPI || ((c.capabilities.misc.activityStates >>> activity(c)) & 1) === 0,
  },
  {
    ...STATE,
    id: "guest.activityState.hltNeedsPrivilege",
    violated: (c) => activity(c) === HLT && ((c.v.lo(F.GUEST_SS_ACCESS_RIGHTS) >>> 5) & 3) !== 0,
  },
  {
    ...STATE,
    id: "guest.activityState.blocking",
    violated: (c) => activity(c) !== ACTIVE && (interruptibility(c) & (STI | MOV_SS)) !== 0,
  },
  { ...STATE, id: "guest.activityState.injection", violated: isInjectionImpossible },
  { ...STATE, id: "guest.interruptibility.reserved", violated: (c) => interruptibility(c) >>> 5 !== 0 },
  {
    ...STATE,
    id: "guest.interruptibility.stiAndMovSs",
    violated: (c) => (interruptibility(c) & (STI | MOV_SS)) === (STI | MOV_SS),
  },
  {
    ...STATE,
    id: "guest.interruptibility.stiNeedsInterruptFlag",
    violated: (c) => (c.rflags & RFLAGS_IF) === 0 && (interruptibility(c) & STI) !== 0,
  },
  {
    ...STATE,
    id: "guest.interruptibility.externalInterrupt",
    violated: (c) => injects(c, EXTERNAL) && (interruptibility(c) & (STI | MOV_SS)) !== 0,
  },
  {
    ...STATE,
    id: "guest.interruptibility.nmiUnderMovSs",
    violated: (c) => injects(c, TYPE_NMI) && (interruptibility(c) & MOV_SS) !== 0,
  },
  { ...STATE, id: "guest.interruptibility.smi", violated: (c) => (interruptibility(c) & SMI) !== 0 },
  {
    ...STATE,
    id: "guest.interruptibility.virtualNmi",
    violated: (c) => (c.pin & C.VIRTUAL_NMIS) !== 0 && injects(c, TYPE_NMI) && (interruptibility(c) & NMI) !== 0,
  },
  { ...STATE, id: "guest.interruptibility.enclave", violated: (c) => (interruptibility(c) & 0x10) !== 0 },
  {
    ...STATE,
    id: "guest.pendingDebug.reserved",
    violated: (c) =>
      (c.v.lo(F.GUEST_PENDING_DEBUG_EXCEPTIONS) & PENDING_RESERVED) !== 0 ||
      c.v.hi(F.GUEST_PENDING_DEBUG_EXCEPTIONS) !== 0,
  },
  { ...STATE, id: "guest.pendingDebug.singleStep", violated: hasStepInconsistency },
  {
    ...STATE,
    id: "guest.pendingDebug.transaction",
    violated: (c) => (c.v.lo(F.GUEST_PENDING_DEBUG_EXCEPTIONS) & PENDING_RTM) !== 0,
  },
  {
    ...LINK_POINTER,
    id: "guest.vmcsLinkPointer.address",
    violated: (c) => hasLinkPointer(c) && isBadAddress(c, F.VMCS_LINK_POINTER, 0xfff),
  },
  { ...LINK_POINTER, id: "guest.vmcsLinkPointer.revision", violated: isLinkRevisionWrong },
  {
    ...LINK_POINTER,
    id: "guest.vmcsLinkPointer.current",
    violated: (c) => hasLinkPointer(c) && linkPointer(c) === c.currentPointer,
  },
];
