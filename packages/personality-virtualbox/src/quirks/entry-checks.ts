import { defineQuirk, type Evidence, type Quirk } from "@hvdiff/personality";
import { controlMask, fieldIndex, type VmcsField } from "@hvdiff/spec";
import type { EntryCheck, EntryCheckContext } from "@hvdiff/vmx";
import { IEM_VMX } from "../evidence.ts";

const CONTROL = { sdm: '3C "VM-Execution Control Fields"', group: "control" } as const;
const INJECTION = { sdm: '3C "VM-Entry Control Fields"', group: "control" } as const;

const PREEMPTION_TIMER = controlMask("pin", "activateVmxPreemptionTimer");
const NMI_WINDOW = controlMask("primary", "nmiWindowExiting");
const TPR_SHADOW = controlMask("primary", "useTprShadow");
const APIC_ACCESSES = controlMask("secondary", "virtualizeApicAccesses");
const IO_BITMAPS = controlMask("primary", "useIoBitmaps");
const MSR_BITMAPS = controlMask("primary", "useMsrBitmaps");
const EPT = controlMask("secondary", "enableEpt");
const ACCESSED_DIRTY = 1 << 6;

const ACTIVITY_STATE = fieldIndex("guestActivityState");
const APIC_ACCESS_ADDRESS = fieldIndex("apicAccessAddress");
const EPT_POINTER = fieldIndex("eptPointer");
const INTERRUPTIBILITY = fieldIndex("guestInterruptibilityState");
const INSTRUCTION_LENGTH = fieldIndex("vmEntryInstructionLength");
const VIRTUAL_APIC_ADDRESS = fieldIndex("virtualApicAddress");

const DELIVER_ERROR_CODE = 1 << 11;
const NMI = 2;
const BLOCKING_BY_STI = 1;
const HARDWARE_EXCEPTION = 3;
const SOFTWARE_TYPES = [4, 5, 6];
const MAXIMUM_LENGTH = 15;
/** #DF, #TS, #NP, #SS, #GP, #PF and #AC. */
const VECTORS_WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];
/** Bits 19:12, what is left of the reserved bits 30:12 in a variable of eight bits. */
const CHECKED_RESERVED_BITS = 0xff << 12;

function typeOf(c: EntryCheckContext): number {
  return (c.injection >>> 8) & 7;
}

function deliversErrorCode(c: EntryCheckContext): boolean {
  return c.isInjecting && (c.injection & DELIVER_ERROR_CODE) !== 0;
}

const NMI_WINDOW_FOR_TIMER: EntryCheck = {
  ...CONTROL,
  id: "control.exit.savePreemptionTimerNeedsTimer",
  violated: (c) => (c.pin & PREEMPTION_TIMER) === 0 && (c.primary & NMI_WINDOW) !== 0,
};

const ACTIVITY_STATES_INVERTED: EntryCheck = {
  sdm: '3C "Checks on Guest Non-Register State"',
  group: "guest",
  id: "guest.activityState.supported",
  // Bit n of the capability's states is tested against the number of the state, and a match refuses it.
  violated: (c) => (c.v.lo(ACTIVITY_STATE) & (c.capabilities.misc.activityStates >>> 1)) !== 0,
};

const RESERVED_BITS_SQUEEZED: EntryCheck = {
  ...INJECTION,
  id: "control.injection.reserved",
  violated: (c) => c.isInjecting && (c.injection & CHECKED_RESERVED_BITS) !== 0,
};

const ERROR_CODE_ONE_SIDED: EntryCheck = {
  ...INJECTION,
  id: "control.injection.deliverErrorCode",
  violated: (c) =>
    deliversErrorCode(c) && typeOf(c) === HARDWARE_EXCEPTION && !VECTORS_WITH_ERROR_CODE.includes(c.injection & 0xff),
};

const LENGTH_WITH_ERROR_CODE: EntryCheck = {
  ...INJECTION,
  id: "control.injection.instructionLength",
  violated: (c) =>
    deliversErrorCode(c) && SOFTWARE_TYPES.includes(typeOf(c)) && c.v.lo(INSTRUCTION_LENGTH) >>> 0 > MAXIMUM_LENGTH,
};

const EPT_POINTER_LOOSE: EntryCheck = {
  ...CONTROL,
  id: "control.eptPointer.reserved",
  violated: (c) => (c.secondary & EPT) !== 0 && (c.v.lo(EPT_POINTER) & ACCESSED_DIRTY) !== 0,
};

const APIC_PAGES_DIFFER: EntryCheck = {
  ...CONTROL,
  id: "virtualbox.apicAccess.isVirtualApic",
  violated: (c) =>
    (c.primary & TPR_SHADOW) !== 0 &&
    (c.secondary & APIC_ACCESSES) !== 0 &&
    c.v.lo(APIC_ACCESS_ADDRESS) === c.v.lo(VIRTUAL_APIC_ADDRESS) &&
    c.v.hi(APIC_ACCESS_ADDRESS) === c.v.hi(VIRTUAL_APIC_ADDRESS),
};

const NMI_UNDER_STI: EntryCheck = {
  sdm: '3C "Checks on Guest Non-Register State"',
  group: "guest",
  qualification: 3,
  id: "virtualbox.interruptibility.nmiUnderSti",
  violated: (c) => c.isInjecting && typeOf(c) === NMI && (c.v.lo(INTERRUPTIBILITY) & BLOCKING_BY_STI) !== 0,
};

/** A structure that the VMCS refers to by its address while a control is on. */
function notInRam(control: (c: EntryCheckContext) => boolean, field: VmcsField): EntryCheck {
  const index = fieldIndex(field);
  return {
    ...CONTROL,
    id: `virtualbox.${field}.ram`,
    violated: (c) => {
      const address = (c.v.lo(index) >>> 0) + (c.v.hi(index) >>> 0) * 0x1_0000_0000;
      return control(c) && c.memory.isBacked?.(address) === false;
    },
  };
}

const PAGES_IN_RAM: readonly EntryCheck[] = [
  notInRam((c) => (c.primary & IO_BITMAPS) !== 0, "ioBitmapA"),
  notInRam((c) => (c.primary & IO_BITMAPS) !== 0, "ioBitmapB"),
  notInRam((c) => (c.primary & MSR_BITMAPS) !== 0, "msrBitmap"),
  notInRam((c) => (c.primary & TPR_SHADOW) !== 0, "virtualApicAddress"),
];

const NMI_WINDOW_REPORT: Evidence = {
  kind: "report",
  where: "VirtualBox/virtualbox issue 313",
  title: "Nested VM entry fails with NMI-window exiting",
  date: "2025-10-24",
};

function replaced(slug: string, summary: string, check: EntryCheck): Quirk {
  return defineQuirk({
    id: `virtualbox/vmx/${slug}`,
    summary,
    affects: [check.id],
    confidence: "inferred",
    evidence: [IEM_VMX],
    policy: { replacedEntryChecks: [check] },
  });
}

/** VM-entry checks that VirtualBox makes differently from the manual. */
export const ENTRY_CHECK_QUIRKS: readonly Quirk[] = [
  {
    ...replaced(
      "nmi-window-needs-preemption-timer",
      "VM entry with NMI-window exiting and without the VMX-preemption timer fails with error 7.",
      NMI_WINDOW_FOR_TIMER,
    ),
    since: "7.0",
    confidence: "source",
    evidence: [IEM_VMX, NMI_WINDOW_REPORT],
  },
  replaced(
    "activity-state-test-inverted",
    "The test of the activity state is inverted, so that HLT, shutdown and wait-for-SIPI are refused though offered.",
    ACTIVITY_STATES_INVERTED,
  ),
  replaced(
    "injection-reserved-bits-squeezed",
    "Of the reserved bits of the VM-entry interruption information only bits 19 to 12 are tested.",
    RESERVED_BITS_SQUEEZED,
  ),
  replaced(
    "injection-error-code-one-sided",
    "An exception injected without the error code it should have, or another event with one, is accepted.",
    ERROR_CODE_ONE_SIDED,
  ),
  replaced(
    "injection-length-unchecked",
    "The instruction length of an injected software event is tested only if an error code is delivered.",
    LENGTH_WITH_ERROR_CODE,
  ),
  replaced(
    "eptp-reserved-bits-ignored",
    "Reserved bits of the EPT pointer above the page-walk length are ignored.",
    EPT_POINTER_LOOSE,
  ),
  defineQuirk({
    id: "virtualbox/vmx/apic-pages-must-differ",
    summary: "VM entry fails with error 7 if the APIC-access page is the virtual-APIC page.",
    affects: ["apicAccessAddress", "virtualApicAddress"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { addedEntryChecks: [APIC_PAGES_DIFFER] },
  }),
  defineQuirk({
    id: "virtualbox/vmx/referenced-pages-in-ram",
    summary:
      "VM entry fails with error 7 if an I/O bitmap, the MSR bitmap or the virtual-APIC page is not ordinary RAM.",
    affects: ["ioBitmapA", "ioBitmapB", "msrBitmap", "virtualApicAddress"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { addedEntryChecks: PAGES_IN_RAM },
  }),
  defineQuirk({
    id: "virtualbox/vmx/nmi-under-sti-blocking-refused",
    summary:
      "An NMI injected under blocking by STI fails the entry with exit qualification 3, which the manual leaves to the processor.",
    affects: ["guest.interruptibility"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { addedEntryChecks: [NMI_UNDER_STI] },
  }),
];
