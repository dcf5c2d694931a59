import { CHANGED_ALL, firstViolation, type MemoryVmcs } from "@hvdiff/vmx";
import { switchVmcs } from "../accounting.ts";
import * as C from "../controls.ts";
import { awaitEnlightened, rereadEnlightened } from "../enlightened/enlightened-vmcs.ts";
import { F } from "../fields.ts";
import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";
import { makeVmcs02 } from "../nested-entry.ts";
import { ticksOfL1, ticksOfSilicon, timerScale } from "../preemption-timer.ts";
import { saveGuestState } from "../reflect.ts";
import { keepShadow } from "../shadow-access.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";

/** VMX operation of L1, as it goes from one host to another. The registers of the level that runs go by themselves. */
export interface NestedState {
  /** L1-physical addresses; -1 for none. That of an enlightened VMCS does not go along: L1's assist page has it. */
  readonly vmxonPointer: number;
  readonly currentPointer: number;
  /** L2 runs. */
  readonly guestMode: boolean;
  /** Its entry has been accepted, and silicon has not made it yet. */
  readonly runPending: boolean;
  /** An exit that "monitor trap flag" asks for is due. */
  readonly monitorTrapPending: boolean;
  /** The current VMCS is an enlightened one. */
  readonly enlightened: boolean;
  /** What is left of the VMX-preemption timer; null where it does not run. */
  readonly timer: number | null;
  /** The current VMCS, and the shadow VMCS that it links to; null where there is none. */
  readonly vmcs12: Uint8Array | null;
  readonly shadowVmcs12: Uint8Array | null;
}

const NONE = -1;
const EFER_LMA = 1 << 10;
const VALID = 1 << 31;
const LINKED = 1 << 31;

/** Takes L1's VMX operation out of a virtual processor. */
export function nestedStateOf(vcpu: VmxVcpu): NestedState {
  const { state, environment } = vcpu;
  const v12 = environment.currentVmcs();
  const enlightened = state.enlightened.active !== NONE;
  if (v12 !== null && !state.guestMode) {
    rereadEnlightened(vcpu);
    vcpu.shadow?.collect(v12, "it is read");
  }
  const timer = v12 !== null && state.guestMode && (v12.lo(F.pinBasedControls) & C.PIN_PREEMPTION_TIMER) !== 0;
  return {
    vmxonPointer: state.vmxOn ? state.vmxonPointer : NONE,
    currentPointer: state.vmxOn && !enlightened ? state.currentPointer : NONE,
    guestMode: state.guestMode,
    runPending: state.runPending,
    monitorTrapPending: state.monitorTrapOwed,
    enlightened,
    timer: timer ? ticksOfL1(vcpu.v02.lo(F.vmxPreemptionTimerValue), timerScale(vcpu)) >>> 0 : null,
    vmcs12: v12 === null ? null : vmcs12Of(vcpu, v12),
    shadowVmcs12: state.shadowPointer === NONE ? null : pageAt(vcpu, state.shadowCopy),
  };
}

function pageAt({ l0 }: VmxVcpu, address: number): Uint8Array {
  return l0.machine.memory.readBytes(address, PAGE);
}

/** vmcs12 with what L2 has changed, as if it exited now; the one at hand stays as it is. */
function vmcs12Of(vcpu: VmxVcpu, v12: MemoryVmcs): Uint8Array {
  const before = pageAt(vcpu, v12.address);
  if (!vcpu.state.guestMode) return before;
  saveGuestState(vcpu, v12);
  const synchronized = pageAt(vcpu, v12.address);
  putPage(vcpu, v12, before);
  return synchronized;
}

function putPage(vcpu: VmxVcpu, v12: MemoryVmcs, bytes: Uint8Array): void {
  vcpu.l0.machine.memory.writeBytes(v12.address, bytes);
  v12.note(CHANGED_ALL);
}

interface Refusal {
  readonly why: string;
  refuses(state: NestedState, vcpu: VmxVcpu): boolean;
}

function isPage(address: number, { l0 }: VmxVcpu): boolean {
  return address >= 0 && address % PAGE === 0 && address < 2 ** l0.options.guestModel.maxPhysicalAddress;
}

const REVISION = 0x7fff_ffff;

/** Bytes 0-3 of a VMCS: the revision, and whether it is a shadow VMCS. */
function revisionOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** What is looked at before anything is changed, in this order. */
const REFUSALS: readonly Refusal[] = [
  {
    why: "a current VMCS or L2 outside VMX operation",
    refuses: ({ vmxonPointer, currentPointer, guestMode, runPending, monitorTrapPending }) =>
      vmxonPointer === NONE && (currentPointer !== NONE || guestMode || runPending || monitorTrapPending),
  },
  {
    why: "VMX operation of a processor without VMX",
    refuses: ({ vmxonPointer }, { l0 }) => vmxonPointer !== NONE && l0.capabilities.regionSize === 0,
  },
  {
    why: "the VMXON region is no page",
    refuses: ({ vmxonPointer }, vcpu) => vmxonPointer !== NONE && !isPage(vmxonPointer, vcpu),
  },
  {
    why: "the current VMCS is the VMXON region, or no page",
    refuses: ({ vmxonPointer, currentPointer }, vcpu) =>
      currentPointer !== NONE && (currentPointer === vmxonPointer || !isPage(currentPointer, vcpu)),
  },
  {
    why: "an enlightened VMCS where L1 is offered none",
    refuses: ({ enlightened }, { l0 }) => enlightened && !l0.options.policy.enlightened.offered,
  },
  {
    why: "L2 without a current VMCS",
    refuses: ({ guestMode, vmcs12 }) => guestMode && vmcs12 === null,
  },
  {
    why: "the revision of the current VMCS",
    refuses: ({ vmcs12 }, { l0 }) => vmcs12 !== null && (revisionOf(vmcs12) & REVISION) !== l0.capabilities.revisionId,
  },
  {
    why: "the revision of the shadow VMCS",
    refuses: ({ shadowVmcs12 }, { l0 }) =>
      shadowVmcs12 !== null && revisionOf(shadowVmcs12) !== (l0.capabilities.revisionId | LINKED) >>> 0,
  },
];

/** Puts VMX operation into a virtual processor that has none. Returns why it is refused; null where it is not. */
export function putNestedState(vcpu: VmxVcpu, nested: NestedState): string | null {
  const refusal = REFUSALS.find(({ refuses }) => refuses(nested, vcpu));
  if (refusal !== undefined) return refusal.why;
  if (nested.vmxonPointer === NONE) return null;
  const { environment } = vcpu;
  environment.inVmxOperation = true;
  environment.vmxonPointer = nested.vmxonPointer;
  if (nested.vmcs12 === null) return null;
  if (nested.enlightened) awaitEnlightened(vcpu);
  else environment.currentPointer = nested.currentPointer;
  const v12 = environment.currentVmcs()!;
  const inMemory = pageAt(vcpu, v12.address);
  putPage(vcpu, v12, nested.vmcs12);
  const refused = nested.guestMode ? putL2(vcpu, v12, nested) : null;
  // What L0 has no copy of is L1's memory, which comes by itself.
  if (!nested.enlightened && !environment.isCopied(nested.currentPointer)) putPage(vcpu, v12, inMemory);
  return refused;
}

/** L2 becomes what runs next: the checks of an entry, and the merge. */
function putL2(vcpu: VmxVcpu, v12: MemoryVmcs, nested: NestedState): string | null {
  const { state, checkContext, v02 } = vcpu;
  const { checks } = vcpu.l0;
  // What L1 has injected has been delivered, and may have left a state in which it could not be.
  if (!nested.runPending)
    v12.set(F.vmEntryInterruptionInformation, v12.lo(F.vmEntryInterruptionInformation) & ~VALID, 0);
  checkContext.prepare(v12, state.currentPointer, (vcpu.v01.lo(F.guestIa32Efer) & EFER_LMA) !== 0);
  const lists = [checks.control, checks.host, checks.guestChecks(checkContext, true, true)];
  for (const list of lists) {
    const violated = firstViolation(list, checkContext);
    if (violated !== null) return violated.id;
  }
  makeVmcs02(vcpu, v12);
  if (nested.shadowVmcs12 !== null) putShadow(vcpu, v12, nested.shadowVmcs12);
  if (nested.timer !== null) v02.set(F.vmxPreemptionTimerValue, ticksOfSilicon(nested.timer, timerScale(vcpu)), 0);
  state.monitorTrapOwed = nested.monitorTrapPending;
  state.guestMode = true;
  state.runPending = nested.runPending;
  state.launching = nested.runPending && !v12.launched;
  switchVmcs(vcpu, state.vmcs02);
  return null;
}

function putShadow(vcpu: VmxVcpu, v12: MemoryVmcs, bytes: Uint8Array): void {
  const address = Number(v12.read("vmcsLinkPointer"));
  const { memory } = vcpu.l0.machine;
  if (isGuestRam(address, vcpu.l0.options.ram)) memory.writeBytes(hostAddress(address, vcpu.l0.options.ram), bytes);
  keepShadow(vcpu, v12);
}
