import { VMCS_FIELD_NAMES, VMCS_FIELDS, type VmcsField } from "@hvdiff/spec";
import type { VmcsLayout } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { CopyPlans } from "./copy-plans.ts";
import { useSecondStage } from "./ept02.ts";
import { F } from "./fields.ts";
import type { MergeContext } from "./merge-context.ts";
import {
  eitherLevel,
  mergeEfer,
  mergeEntryControls,
  mergePrimaryControls,
  mergeSecondaryControls,
} from "./merge-controls.ts";
import { mergeMsrBitmap } from "./merge-msr-bitmap.ts";
import { mergeTsc } from "./merge-tsc.ts";
import { mergeApicAccess, mergeVirtualApic } from "./merge-virtual-apic.ts";
import { ticksOfSilicon } from "./preemption-timer.ts";

/** Where the value of a vmcs02 field comes from. */
export type MergeSource =
  /** L1's wish, unchanged. */
  | "vmcs12"
  /** What L0 runs L1 with. */
  | "vmcs01"
  /** Both have a say. */
  | "merged"
  /** L0's own. */
  | "l0";

/** One rule of the merge: which fields of vmcs02 it decides, from where, and how. */
export interface MergeRule {
  readonly id: string;
  readonly fields: readonly VmcsField[];
  readonly source: MergeSource;
  readonly why: string;
  apply(m: MergeContext): void;
}

/** Guest-state fields that are not simply L1's. */
const COMPUTED_GUEST_FIELDS = new Set<VmcsField>([
  "vmcsLinkPointer",
  "guestIa32Efer",
  "guestIa32Pat",
  "guestIa32Debugctl",
  "guestDr7",
  "guestSmbase",
  "vmxPreemptionTimerValue",
]);

const COPIED_CONTROLS: readonly VmcsField[] = [
  "exceptionBitmap",
  "pageFaultErrorCodeMask",
  "pageFaultErrorCodeMatch",
  "cr0GuestHostMask",
  "cr4GuestHostMask",
  "cr0ReadShadow",
  "cr4ReadShadow",
  "cr3TargetCount",
  "cr3TargetValue0",
  "cr3TargetValue1",
  "cr3TargetValue2",
  "cr3TargetValue3",
  "xssExitingBitmap",
  "tprThreshold",
  "eoiExitBitmap0",
  "eoiExitBitmap1",
  "eoiExitBitmap2",
  "eoiExitBitmap3",
  "pleGap",
  "pleWindow",
  "vmEntryInterruptionInformation",
  "vmEntryExceptionErrorCode",
  "vmEntryInstructionLength",
];

const GUEST_STATE: readonly VmcsField[] = VMCS_FIELD_NAMES.filter(
  (name) => VMCS_FIELDS[name].type === "guest" && !COMPUTED_GUEST_FIELDS.has(name),
);
const COPIED: readonly number[] = [...COPIED_CONTROLS, ...GUEST_STATE].map((name) => F[name]);
const HOST_STATE: readonly VmcsField[] = VMCS_FIELD_NAMES.filter((name) => VMCS_FIELDS[name].type === "host");
const HOST_INDICES: readonly number[] = HOST_STATE.map((name) => F[name]);

const copiedPlan = new CopyPlans(COPIED, "zero");
const hostPlan = new CopyPlans(HOST_INDICES, "zero");

/**
 * How vmcs02 is made from vmcs01 and vmcs12, field by field, in the order of application. The architecture decides all of it: L2 must
 * behave as vmcs12 says, and L0 must get back what is its own.
 */
export const MERGE_RULES: readonly MergeRule[] = [
  {
    id: "merge.copied",
    fields: [...COPIED_CONTROLS, ...GUEST_STATE],
    source: "vmcs12",
    why: "L2's state and what L1 wants to hear of",
    apply: (m) => copiedPlan.copy(m.v12, m.v02),
  },
  {
    id: "merge.hostState",
    fields: HOST_STATE,
    source: "vmcs01",
    why: "every exit comes to L0 first",
    apply: (m) => hostPlan.copy(m.v01, m.v02),
  },
  {
    id: "merge.pin",
    fields: ["pinBasedControls"],
    source: "merged",
    why: "L0 must see its interrupts whatever L1 asks, and processes posted ones itself",
    apply: (m) => {
      const wanted = m.v12.lo(F.pinBasedControls) & ~C.PIN_POSTED_INTERRUPTS;
      m.v02.set(F.pinBasedControls, m.v01.lo(F.pinBasedControls) | wanted, 0);
    },
  },
  {
    id: "merge.primary",
    fields: ["primaryProcessorBasedControls"],
    source: "merged",
    why: "both levels' exits; bitmaps are consulted by L0",
    apply: mergePrimaryControls,
  },
  {
    id: "merge.secondary",
    fields: ["secondaryProcessorBasedControls"],
    source: "merged",
    why: "L1's features; EPT and VPID are L0's",
    apply: mergeSecondaryControls,
  },
  {
    id: "merge.exitControls",
    fields: ["vmExitControls"],
    source: "vmcs01",
    why: "exits lead to L0; L1's exit controls are applied in software",
    apply: (m) => {
      const timer = m.v12.lo(F.pinBasedControls) & C.PIN_PREEMPTION_TIMER ? C.EXIT_SAVE_TIMER : 0;
      m.v02.set(F.vmExitControls, m.v01.lo(F.vmExitControls) | timer, 0);
    },
  },
  {
    id: "merge.entryControls",
    fields: ["vmEntryControls"],
    source: "merged",
    why: "mode from L1, register loads are L0's",
    apply: mergeEntryControls,
  },
  {
    id: "merge.efer",
    fields: ["guestIa32Efer"],
    source: "merged",
    why: "L1's value, or the register as L1 had it",
    apply: mergeEfer,
  },
  {
    id: "merge.pat",
    fields: ["guestIa32Pat"],
    source: "merged",
    why: "L1's value, or the register as L1 had it",
    apply: (m) => eitherLevel(m, C.ENTRY_LOAD_PAT, F.guestIa32Pat),
  },
  {
    id: "merge.debug",
    fields: ["guestDr7", "guestIa32Debugctl"],
    source: "merged",
    why: "L1's values, or the registers as L1 had them",
    apply: (m) => {
      eitherLevel(m, C.ENTRY_LOAD_DEBUG, F.guestDr7);
      eitherLevel(m, C.ENTRY_LOAD_DEBUG, F.guestIa32Debugctl);
    },
  },
  {
    id: "merge.preemptionTimer",
    fields: ["vmxPreemptionTimerValue"],
    source: "merged",
    why: "L1's ticks in those of silicon, whose timer may count at another rate",
    apply: (m) =>
      m.v02.set(F.vmxPreemptionTimerValue, ticksOfSilicon(m.v12.lo(F.vmxPreemptionTimerValue), m.timerScale), 0),
  },
  {
    id: "merge.tsc",
    fields: ["tscOffset", "tscMultiplier"],
    source: "merged",
    why: "offsets of both levels add up, L0's scaled by L1's multiplier",
    apply: mergeTsc,
  },
  {
    id: "merge.virtualApic",
    fields: ["virtualApicAddress"],
    source: "merged",
    why: "L1-physical to host-physical",
    apply: mergeVirtualApic,
  },
  {
    id: "merge.apicAccess",
    fields: ["apicAccessAddress"],
    source: "merged",
    why: "L1-physical to host-physical",
    apply: mergeApicAccess,
  },
  {
    id: "merge.msrBitmap",
    fields: ["msrBitmap"],
    source: "merged",
    why: "x2APIC registers that silicon virtualizes, and MSRs that this L0 lets through, where L1 leaves them to L2; all others come to L0",
    apply: mergeMsrBitmap,
  },
  {
    id: "merge.linkPointer",
    fields: ["vmcsLinkPointer"],
    source: "l0",
    why: "VMCS shadowing is not used for L2",
    apply: (m) => m.v02.set(F.vmcsLinkPointer, -1, -1),
  },
  {
    id: "merge.eptPointer",
    fields: ["eptPointer", "subPagePermissionTablePointer", "virtualProcessorIdentifier"],
    source: "l0",
    why: "the shadow of EPT12, or L1's own EPT; L0's tag for L2",
    apply: (m) => {
      useSecondStage(m.v02, m.secondStage);
      m.v02.set(F.virtualProcessorIdentifier, m.vpid02, 0);
    },
  },
  {
    id: "merge.msrLists",
    fields: ["vmEntryMsrLoadCount", "vmExitMsrStoreCount", "vmExitMsrLoadCount"],
    source: "l0",
    why: "L0 walks L1's lists itself",
    apply: (m) => {
      m.v02.set(F.vmEntryMsrLoadCount, 0, 0);
      m.v02.set(F.vmExitMsrStoreCount, 0, 0);
      m.v02.set(F.vmExitMsrLoadCount, 0, 0);
    },
  },
];

const MERGED: readonly number[] = MERGE_RULES.flatMap(({ fields }) => fields.map((field) => F[field]));
const MERGED_FIELDS = new WeakMap<VmcsLayout, number>();

/** How many fields the merge decides on, in a layout. */
function mergedFields(layout: VmcsLayout): number {
  let count = MERGED_FIELDS.get(layout);
  if (count === undefined) {
    count = MERGED.filter((field) => layout.lowMask[field] !== 0).length;
    MERGED_FIELDS.set(layout, count);
  }
  return count;
}

/**
 * Builds vmcs02.
 * @returns how many fields it has got
 */
export function mergeVmcs02(m: MergeContext): number {
  for (const rule of MERGE_RULES) {
    rule.apply(m);
    m.history?.note({ way: rule.id }, "vmcs02");
  }
  return mergedFields(m.v02.layout);
}
