import type { VmrunCheck } from "@hvdiff/svm";
import type { EntryCheck } from "@hvdiff/vmx";
import { ARCHITECTURAL_VMX_POLICY, type FieldOffsets, type VmxPolicy } from "@hvdiff/vmx";

import { type EnlightenedPolicy, UNENLIGHTENED_POLICY } from "./enlightened/enlightened-policy.ts";
import { ARCHITECTURAL_EVENTS, type EventPolicy } from "./event-policy.ts";
import { type HypercallPolicy, NO_HYPERCALLS } from "./hypercalls/hypercall-policy.ts";
import type { ParavirtualClock } from "./paravirtual-clock.ts";
import { ARCHITECTURAL_SVM_POLICY, type SvmPolicy } from "./svm/svm-policy.ts";
import { ARCHITECTURAL_USERSPACE, type UserspacePolicy } from "./userspace.ts";

/** Where L0 keeps the VMCSs of L1. The manual leaves it to the processor. */
export interface Vmcs12Policy {
  /** The page in L1's memory all the time; or a copy of the current one, from VMPTRLD to VMCLEAR or the VMPTRLD of another. */
  readonly home: "memory" | "copy";
  /** Where fields lie in the page, those that are not named anywhere else; null: as on silicon. */
  readonly fieldOffsets: FieldOffsets | null;
}

/**
 * The decision points of nested virtualization where products differ from silicon. Each has the architectural answer as its default
 * (`ARCHITECTURAL_POLICY`); a quirk replaces one. A policy is data or a small function of what it is handed, never of a product's name.
 */
export interface NestedPolicy {
  /** Checks and existence rules of the VMX instructions that L0 emulates. */
  readonly vmxInstructions: VmxPolicy;
  /** Ids of VM-entry checks that L0 does not make itself on vmcs12 (silicon still checks vmcs02). */
  readonly skippedEntryChecks: readonly string[];
  /** Checks that L0 makes instead of the architectural ones of the same id. */
  readonly replacedEntryChecks: readonly EntryCheck[];
  /** Checks that L0 makes beyond the architecture, before those of the same group. */
  readonly addedEntryChecks: readonly EntryCheck[];
  /** Hypercalls by VMCALL or VMMCALL in L1, instead of the architecture's VMfail or #UD. */
  readonly hypercalls: HypercallPolicy;
  /** Exit qualification of a VM-entry failure in the MSR-load list, from the 0-based index of the entry. */
  readonly msrLoadFailureQualification: (index: number) => number;
  /** MSRs that the VM-entry MSR-load list may not name, beyond the architecture's. */
  readonly refusedMsrLoads: readonly number[];
  /** VM-instruction error that L1 sees when silicon refuses vmcs02 although L0 accepted vmcs12. */
  readonly lateFailureError: number;
  /**
   * What becomes of a virtual-APIC page that no RAM backs: silicon reads FF there; a product may give silicon an address that it must refuse,
   * so that the entry fails late.
   */
  readonly unbackedVirtualApicPage: "as-silicon" | "refuse-late";
  /**
   * What becomes of an APIC-access page that no RAM backs: silicon compares addresses and asks for no page; a product may do without virtualizing
   * the accesses, or stop the virtual machine with these words.
   */
  readonly unbackedApicAccessPage: "as-silicon" | "not-virtualized" | { readonly stops: string };
  /** Whether L0 wants to see WBINVD of its guests, whatever L1 wants. */
  readonly interceptsWbinvd: boolean;
  /**
   * What the single-step trap behind an instruction that L0 does itself tells of: of all that is pending; or of the step alone, and what MOV SS
   * has held back stays pending.
   */
  readonly trapBehindOwnInstruction: "all-pending" | "step-alone";
  /** Whether the monitor trap flag also makes an exit behind an instruction of L2 that L0 does itself. */
  readonly monitorTrapBehindOwnInstruction: boolean;
  /** How many entries of a list of MSRs L0 takes; the next one fails. */
  readonly msrListLimit: number;
  /** What an INIT does to a virtual processor in VMX root operation. */
  readonly initInRoot: "held" | "resets";
  /** Ids of VMRUN checks that L0 does not make itself on vmcb12 (silicon still checks vmcb02). */
  readonly skippedVmrunChecks: readonly string[];
  /** Checks that L0 makes of vmcb12 after the architecture's. */
  readonly addedVmrunChecks: readonly VmrunCheck[];
  /** Where an L0 on SVM differs. */
  readonly svm: SvmPolicy;
  /** What L1 is offered beside VMX as the manuals have it. */
  readonly enlightened: EnlightenedPolicy;
  /** What a return to the userspace half does to registers. */
  readonly userspace: UserspacePolicy;
  /** The words with which L0 stops the virtual machine when L1's kernel fetches instructions where nothing is; null: it gets bytes FF. */
  readonly unbackedFetch: string | null;
  /** What becomes of events. */
  readonly events: EventPolicy;
  /** Where L0 keeps vmcs12. */
  readonly vmcs12: Vmcs12Policy;
  /** Whether an entry into the activity state HLT waits for something that wakes it, although it injects an event. */
  readonly haltsBeforeInjectedEvent: boolean;
  /** The clock that a guest can have in its memory; null: none. */
  readonly paravirtualClock: ParavirtualClock | null;
  /** What its own VMXON region begins with, which another hypervisor looks at that it stands on: IA32_VMX_BASIC's revision, or what its VMCSs begin with. */
  readonly ownVmxonRevision: "of-processor" | "of-vmcs";
  /** Whether the exit-information fields of vmcs12 are zeroed when the checks of controls and host state have passed. */
  readonly zeroesExitInformationAtEntry: boolean;
}

/** Decision points that are groups of points, which quirks answer one by one. */
export const POLICY_GROUPS = [
  "vmxInstructions",
  "vmcs12",
  "svm",
  "enlightened",
  "userspace",
  "hypercalls",
  "events",
] as const;

type PolicyGroup = (typeof POLICY_GROUPS)[number];

/** What a quirk answers otherwise. */
export type PolicyAnswers = Partial<Omit<NestedPolicy, PolicyGroup>> & {
  readonly [Group in PolicyGroup]?: Partial<NestedPolicy[Group]>;
};

export const ARCHITECTURAL_POLICY: NestedPolicy = {
  vmxInstructions: ARCHITECTURAL_VMX_POLICY,
  skippedEntryChecks: [],
  replacedEntryChecks: [],
  addedEntryChecks: [],
  hypercalls: NO_HYPERCALLS,
  msrLoadFailureQualification: (index) => index + 1,
  refusedMsrLoads: [],
  lateFailureError: 7,
  unbackedVirtualApicPage: "as-silicon",
  unbackedApicAccessPage: "as-silicon",
  interceptsWbinvd: false,
  trapBehindOwnInstruction: "all-pending",
  monitorTrapBehindOwnInstruction: true,
  msrListLimit: Number.POSITIVE_INFINITY,
  initInRoot: "held",
  haltsBeforeInjectedEvent: false,
  zeroesExitInformationAtEntry: false,
  vmcs12: { home: "memory", fieldOffsets: null },
  ownVmxonRevision: "of-processor",
  paravirtualClock: null,
  skippedVmrunChecks: [],
  addedVmrunChecks: [],
  svm: ARCHITECTURAL_SVM_POLICY,
  enlightened: UNENLIGHTENED_POLICY,
  userspace: ARCHITECTURAL_USERSPACE,
  unbackedFetch: null,
  events: ARCHITECTURAL_EVENTS,
};
