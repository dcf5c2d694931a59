import { EVMCS_ALL_CLEAN, EVMCS_CLEAN_FIELDS, VP_ASSIST_OFFSETS } from "@hvdiff/spec";
import {
  accessOfEncoding,
  CHANGED_ALL,
  checkPointer,
  FAIL_INVALID,
  NO_FIELD,
  SUCCEED,
  UNDEFINED_OPCODE,
  type VmxOutcome,
  vmFail,
} from "@hvdiff/vmx";
import { copyKind, noteCopy } from "../accounting.ts";
import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";
import { takePage } from "../page-pool.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import type { EnlightenedPolicy } from "./enlightened-policy.ts";
import { EvmcsPage } from "./evmcs-page.ts";
import { pageOf } from "./synthetic-msrs.ts";

const NONE = -1;
/** Stands for the pointer of one that has come from another host, until L1's assist page can be asked. */
const AWAITED = -2;
const LOADED = copyKind("enlightened", "vmcs12");
const STORED = copyKind("vmcs12", "enlightened");
const ERROR_UNSUPPORTED_COMPONENT = 12;
/** An instruction that is not completed so often in a row never will be, where nothing can come in between. */
const ENDLESS = 1000;
const ZERO_PAGE = new Uint8Array(PAGE);

function policyOf(vcpu: VmxVcpu): EnlightenedPolicy {
  return vcpu.l0.options.policy.enlightened;
}

/** The enlightened VMCS that L1's assist page asks for; -1 where L1 uses none. */
function requestedPointer(vcpu: VmxVcpu): number {
  if (!policyOf(vcpu).offered) return NONE;
  const assist = pageOf(vcpu, vcpu.state.enlightened.assist);
  const { memory } = vcpu.l0.machine;
  if (assist < 0 || memory.read8(assist + VP_ASSIST_OFFSETS.enlightenVmEntry) === 0) return NONE;
  const at = assist + VP_ASSIST_OFFSETS.currentNestedVmcs;
  return (memory.read32(at) >>> 0) + (memory.read32(at + 4) >>> 0) * 4294967296;
}

function pageAt(vcpu: VmxVcpu, pointer: number): EvmcsPage {
  return new EvmcsPage(vcpu.l0.machine.memory, hostAddress(pointer - (pointer % PAGE), vcpu.l0.options.ram));
}

function isActive(vcpu: VmxVcpu): boolean {
  return vcpu.state.enlightened.active !== NONE;
}

/** L1 has no enlightened VMCS any more, and no current VMCS either. */
export function releaseEnlightened(vcpu: VmxVcpu): void {
  if (!isActive(vcpu)) return;
  leaveEnlightened(vcpu);
  vcpu.state.currentPointer = NONE;
}

function leaveEnlightened({ state: { enlightened } }: VmxVcpu): void {
  enlightened.active = NONE;
  enlightened.isStale = false;
}

/** L0 keeps one vmcs12 for all enlightened VMCSs: a launch must not find what another has left. */
function activate(vcpu: VmxVcpu, pointer: number, isLaunch: boolean): void {
  const { enlightened } = vcpu.state;
  const { machine, state: shared } = vcpu.l0;
  if (enlightened.page === 0) enlightened.page = takePage(shared.pool, machine.memory);
  if (isLaunch) {
    machine.memory.writeBytes(enlightened.page, ZERO_PAGE);
    machine.memory.write32(enlightened.page, vcpu.l0.capabilities.revisionId);
  }
  enlightened.active = pointer;
  vcpu.state.currentPointer = pointer;
  // There are no VMREADs and VMWRITEs to shadow.
  vcpu.shadow?.follow(NONE);
}

function forgetsCleanFields({ l0 }: VmxVcpu): boolean {
  return l0.options.policy.userspace.movedCleanFields === "forgotten";
}

/** Before L1's VMX operation is taken out while L1 runs: the page has what counts, unless L1 has not been told yet. */
export function rereadEnlightened(vcpu: VmxVcpu): void {
  const { enlightened } = vcpu.state;
  if (!isActive(vcpu) || enlightened.isStale) return;
  const page = pageAt(vcpu, enlightened.active);
  page.loadInto(vcpu.environment.currentVmcs()!, forgetsCleanFields(vcpu) ? 0 : page.cleanFields);
}

/** An enlightened VMCS has come from another host. Where its page is says the assist page, whose address comes later. */
export function awaitEnlightened(vcpu: VmxVcpu): void {
  activate(vcpu, AWAITED, false);
}

/**
 * Before the first run on another host: the page that L1 asks for by now is the one, and will be told what vmcs12 tells.
 * @returns why there is none; null to go on
 */
export function findEnlightened(vcpu: VmxVcpu): string | null {
  const { state, l0 } = vcpu;
  if (state.enlightened.active !== AWAITED) return null;
  releaseEnlightened(vcpu);
  const pointer = requestedPointer(vcpu);
  if (pointer === NONE && !state.guestMode) return null;
  if (pointer === NONE || !isGuestRam(pointer, l0.options.ram)) return "no page for the enlightened VMCS";
  const page = pageAt(vcpu, pointer);
  if (!policyOf(vcpu).acceptedVersions.includes(page.version)) return "the version of the enlightened VMCS";
  activate(vcpu, pointer, false);
  if (forgetsCleanFields(vcpu)) page.cleanFields = 0;
  if (l0.options.policy.userspace.movedEnlightenedExit === "told") noteEnlightenedStale(vcpu);
  return null;
}

/**
 * Before VMLAUNCH and VMRESUME: makes the enlightened VMCS that L1 asks for the current one and copies what L1 has changed.
 * @returns how the instruction fails; null to go on
 */
export function useEnlightened(vcpu: VmxVcpu, isLaunch: boolean): VmxOutcome | null {
  const pointer = requestedPointer(vcpu);
  if (pointer === NONE) {
    releaseEnlightened(vcpu);
    return null;
  }
  const isAnother = pointer !== vcpu.state.enlightened.active;
  if (isAnother) {
    releaseEnlightened(vcpu);
    if (!isGuestRam(pointer, vcpu.l0.options.ram)) return UNDEFINED_OPCODE;
    if (!policyOf(vcpu).acceptedVersions.includes(pageAt(vcpu, pointer).version)) return FAIL_INVALID;
    activate(vcpu, pointer, isLaunch);
  }
  const v12 = vcpu.environment.currentVmcs()!;
  if (isAnother) v12.note(CHANGED_ALL);
  const page = pageAt(vcpu, pointer);
  const copied = page.loadInto(v12, isLaunch || isAnother ? 0 : page.cleanFields);
  noteCopy(vcpu, LOADED, copied, isLaunch ? "VMLAUNCH" : "VMRESUME");
  // There is no launch state in the page: the instruction is the right one by definition.
  v12.launched = !isLaunch;
  return null;
}

const MSR_BITMAP_ENLIGHTENED = 1 << 1;

/** What the enlightened VMCS says of L1's MSR bitmap: nothing, that it is as it was, or that it may be another. */
export function trustsMsrBitmap(vcpu: VmxVcpu): "not-asked" | "unchanged" | "changed" {
  if (!isActive(vcpu)) return "not-asked";
  const page = pageAt(vcpu, vcpu.state.enlightened.active);
  if ((page.enlightenmentsControl & MSR_BITMAP_ENLIGHTENED) === 0) return "not-asked";
  return (page.cleanFields & (1 << EVMCS_CLEAN_FIELDS.msrBitmap)) === 0 ? "changed" : "unchanged";
}

/** L2 is about to run: what L1 has written is known, and all groups are clean. */
export function noteEnlightenedClean(vcpu: VmxVcpu): void {
  if (isActive(vcpu)) pageAt(vcpu, vcpu.state.enlightened.active).cleanFields = EVMCS_ALL_CLEAN;
}

/** L0 has changed vmcs12. */
export function noteEnlightenedStale(vcpu: VmxVcpu): void {
  vcpu.state.enlightened.isStale = isActive(vcpu);
}

/** L1 is about to go on: the page tells it what vmcs12 tells. */
export function syncEnlightened(vcpu: VmxVcpu): void {
  if (!vcpu.state.enlightened.isStale) return;
  vcpu.state.enlightened.isStale = false;
  const copied = pageAt(vcpu, vcpu.state.enlightened.active).storeFrom(vcpu.environment.currentVmcs()!);
  noteCopy(vcpu, STORED, copied, "L1 goes on");
  vcpu.history?.note({ way: "enlightened.store" });
}

/** VMCLEAR of a processor that uses enlightened VMCSs ends the use of that one; null where L1 uses none. */
export function vmclearEnlightened(vcpu: VmxVcpu, lo: number, hi: number): VmxOutcome | null {
  if (requestedPointer(vcpu) === NONE) return null;
  const { environment } = vcpu;
  const failed = checkPointer(environment, environment.policy.vmclearPointerChecks, lo, hi);
  if (failed !== null) return failed;
  if ((lo >>> 0) + (hi >>> 0) * 4294967296 === vcpu.state.enlightened.active) releaseEnlightened(vcpu);
  return SUCCEED;
}

/** VMREAD while an enlightened VMCS is active; null where none is. */
export function vmreadEnlightened(vcpu: VmxVcpu, encodingLow: number, encodingHigh: number): VmxOutcome | null {
  if (!isActive(vcpu)) return null;
  if (policyOf(vcpu).vmreadWhileActive === "no-current-vmcs") return FAIL_INVALID;
  const access = accessOfEncoding(encodingLow, encodingHigh);
  const field = access === NO_FIELD ? null : pageAt(vcpu, vcpu.state.enlightened.active).read(access >> 1);
  if (field === null) return vmFail(vcpu.environment, ERROR_UNSUPPORTED_COMPONENT);
  const isHigh = (access & 1) !== 0;
  return { kind: "value", lo: isHigh ? field.hi : field.lo, hi: isHigh ? 0 : field.hi };
}

/** VMWRITE while an enlightened VMCS is active: there is no current VMCS. Null where none is active. */
export function vmwriteEnlightened(vcpu: VmxVcpu): VmxOutcome | null {
  return isActive(vcpu) ? FAIL_INVALID : null;
}

/**
 * VMPTRLD and VMPTRST while an enlightened VMCS is active. True where the instruction is not completed: L1 executes it again, until
 * something else happens to it.
 */
export function repeatsPointerInstruction(vcpu: VmxVcpu, name: string): boolean {
  const { enlightened } = vcpu.state;
  if (!isActive(vcpu) || policyOf(vcpu).pointersWhileActive === "as-ever") return false;
  vcpu.silicon.retired += 1;
  enlightened.repeats++;
  const canEnd = vcpu.l0.vcpus.length > 1 || vcpu.interrupts.deadline !== Number.POSITIVE_INFINITY;
  if (enlightened.repeats >= ENDLESS && !canEnd)
    vcpu.outcome = {
      kind: "loop",
      what: `${name} while an enlightened VMCS is active is never completed; begun ${enlightened.repeats} times`,
      where: vcpu.where(),
    };
  return true;
}

/** VMPTRLD of an ordinary VMCS ends the use of the enlightened one. */
export function leaveEnlightenedFor(vcpu: VmxVcpu, outcome: VmxOutcome): VmxOutcome {
  if (outcome.kind === "succeed") leaveEnlightened(vcpu);
  vcpu.state.enlightened.repeats = 0;
  return outcome;
}
