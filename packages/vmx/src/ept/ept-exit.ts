import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, type Access, type LinearContext, STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import { addressHigh, lowHalf } from "../address.ts";
import type { VmxCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";
import { RF_SET } from "../exit/information.ts";
import { raiseVirtualizationException } from "./virtualization-exception.ts";

const EPT_VIOLATION = exitReasonNumber("EPT_VIOLATION");
const EPT_MISCONFIG = exitReasonNumber("EPT_MISCONFIG");
const PML_FULL = exitReasonNumber("PML_FULL");
const SPP_EVENT = exitReasonNumber("SPP_EVENT");

const CR0_PG = 1 << 31;
const EFER_NXE = 1 << 11;
const DATA_READ = 1;
const DATA_WRITE = 1 << 1;
const FETCH = 1 << 2;
const LINEAR_VALID = 1 << 7;
const FINAL_TRANSLATION = 1 << 8;
const LINEAR_USER = 1 << 9;
const LINEAR_WRITABLE = 1 << 10;
const LINEAR_EXECUTE_DISABLED = 1 << 11;
const SUB_PAGE_MISS = 1 << 11;

/** An access that EPT does not let through. */
export interface FailedAccess {
  readonly gpa: number;
  readonly access: Access;
  /** Rights that the access needed. */
  readonly needed: number;
  /** The access was to a guest paging structure. */
  readonly walk: boolean;
  readonly linear: LinearContext;
}

/** An access that EPT does not allow. */
interface Violation extends FailedAccess {
  /** Rights that the walk gave; 0 where it met an entry that is not present. */
  readonly rights: number;
  /** Nothing in the EPT entry keeps it from being a virtualization exception. */
  readonly isConvertible: boolean;
}

function accessBits(violation: Violation): number {
  if (violation.access === ACCESS_FETCH) return FETCH;
  // A walk under accessed and dirty flags counts as a write and reports both; so does setting a flag of guest paging, which is one
  // locked operation.
  const writes = violation.access === ACCESS_WRITE || (violation.needed & 3) === 3;
  if (violation.walk && writes) return DATA_READ | DATA_WRITE;
  if (violation.access === ACCESS_WRITE) return DATA_WRITE;
  return violation.access === ACCESS_READ ? DATA_READ : 0;
}

/** Bits 11:9: what guest paging said about the linear address. */
function advancedBits({ c, s, capabilities }: VmxCore): number {
  if (!capabilities.ept.advancedExitInformation) return 0;
  if ((s[STATE.CR0]! & CR0_PG) === 0) return LINEAR_USER | LINEAR_WRITABLE;
  const { userPage, writable, executable } = c.walkState;
  const disabled = !executable && (s[STATE.EFER]! & EFER_NXE) !== 0;
  return (userPage ? LINEAR_USER : 0) | (writable ? LINEAR_WRITABLE : 0) | (disabled ? LINEAR_EXECUTE_DISABLED : 0);
}

function setAddresses(core: VmxCore, gpa: number): void {
  const information = core.information;
  information.hasGuestPhysical = true;
  information.guestPhysicalLow = lowHalf(gpa);
  information.guestPhysicalHigh = addressHigh(gpa);
  information.resumeFlag = RF_SET;
}

function qualificationOf(core: VmxCore, violation: Violation): number {
  const { linear, rights, walk } = violation;
  const final = linear.valid && !walk;
  return (
    accessBits(violation) |
    (rights << 3) |
    (linear.valid ? LINEAR_VALID : 0) |
    (final ? FINAL_TRANSLATION | advancedBits(core) : 0)
  );
}

/** An EPT violation: a virtualization exception, or a VM exit (SDM 3C "Exit Qualification for EPT Violations"). */
export function exitForViolation(core: VmxCore, violation: Violation): void {
  const { linear, gpa } = violation;
  const qualification = qualificationOf(core, violation);
  const linearLow = linear.valid ? linear.low : 0;
  const linearHigh = linear.valid ? linear.high : 0;
  if (violation.isConvertible && raiseVirtualizationException(core, { qualification, gpa, linearLow, linearHigh }))
    return;
  const information = core.information.begin(EPT_VIOLATION).qualify(qualification, 0);
  setAddresses(core, gpa);
  if (linear.valid) {
    information.hasGuestLinear = true;
    information.guestLinearLow = linear.low;
    information.guestLinearHigh = linear.high;
  }
  makeExit(core);
}

/** VM exit for a miss or misconfiguration in the sub-page permission table (SDM 3C "Exit Qualification for SPP-Related Events"). */
export function exitForSubPages(core: VmxCore, { gpa, linear }: FailedAccess, isMiss: boolean): void {
  const information = core.information.begin(SPP_EVENT).qualify(isMiss ? SUB_PAGE_MISS : 0, 0);
  setAddresses(core, gpa);
  information.hasGuestLinear = true;
  information.guestLinearLow = linear.low;
  information.guestLinearHigh = linear.high;
  makeExit(core);
}

/** VM exit because a write would have to be noted in a page-modification log that is full. */
export function exitForFullLog(core: VmxCore): void {
  core.information.begin(PML_FULL).resumeFlag = RF_SET;
  makeExit(core);
}

/** VM exit for an EPT misconfiguration. */
export function exitForMisconfiguration(core: VmxCore, gpa: number): void {
  core.information.begin(EPT_MISCONFIG);
  setAddresses(core, gpa);
  makeExit(core);
}
