import * as C from "../control-bits.ts";
import { isEptMemoryTypeSupported, isEptWalkLengthSupported, setsReservedEptPointerBits } from "../ept/ept-pointer.ts";
import * as F from "../fields.ts";
import type { EntryCheck, EntryCheckContext } from "./check.ts";
import { isBadAddress, violatesAllowed } from "./value-tests.ts";

const SDM = '3C "VM-Execution Control Fields"';
const EXECUTION = { sdm: SDM, group: "control" } as const;
const PAGE = 0xfff;
const APIC_TASK_PRIORITY = 0x80;
const NEEDS_TPR_SHADOW = C.VIRTUALIZE_X2APIC_MODE | C.APIC_REGISTER_VIRTUALIZATION | C.VIRTUAL_INTERRUPT_DELIVERY;

function usesVtpr(c: EntryCheckContext): boolean {
  return (
    (c.primary & C.USE_TPR_SHADOW) !== 0 &&
    (c.secondary & (C.VIRTUALIZE_APIC_ACCESSES | C.VIRTUAL_INTERRUPT_DELIVERY)) === 0
  );
}

function virtualTaskPriority(c: EntryCheckContext): number {
  const page = (c.v.lo(F.VIRTUAL_APIC_ADDRESS) >>> 0) + (c.v.hi(F.VIRTUAL_APIC_ADDRESS) >>> 0) * 4294967296;
  return (c.memory.read32(page + APIC_TASK_PRIORITY) >>> 4) & 0xf;
}

function isOn(word: number, control: number): boolean {
  return (word & control) !== 0;
}

function posts(c: EntryCheckContext): boolean {
  return isOn(c.pin, C.PROCESS_POSTED_INTERRUPTS);
}

function switchesEptp(c: EntryCheckContext): boolean {
  return isOn(c.secondary, C.ENABLE_VM_FUNCTIONS) && (c.v.lo(F.VM_FUNCTION_CONTROLS) & 1) !== 0;
}

/** Checks of the VM-execution controls, in the manual's order. */
export const EXECUTION_CONTROL_CHECKS: readonly EntryCheck[] = [
  {
    ...EXECUTION,
    id: "control.pin.reserved",
    violated: (c) => violatesAllowed(c.capabilities.controls.pin, c.pin),
  },
  {
    ...EXECUTION,
    id: "control.primary.reserved",
    violated: (c) => violatesAllowed(c.capabilities.controls.primary, c.primary),
  },
  {
    ...EXECUTION,
    id: "control.secondary.reserved",
    violated: (c) =>
      isOn(c.primary, C.ACTIVATE_SECONDARY_CONTROLS) && violatesAllowed(c.capabilities.controls.secondary, c.secondary),
  },
  {
    ...EXECUTION,
    id: "control.tertiary.reserved",
    violated: (c) =>
      isOn(c.primary, C.ACTIVATE_TERTIARY_CONTROLS) &&
      (violatesAllowed(c.capabilities.controls.tertiary, c.tertiary) ||
        c.v.hi(F.TERTIARY_PROCESSOR_BASED_CONTROLS) !== 0),
  },
  {
    ...EXECUTION,
    id: "control.cr3TargetCount",
    violated: (c) => c.v.lo(F.CR3_TARGET_COUNT) >>> 0 > c.capabilities.misc.cr3TargetValues,
  },
  {
    ...EXECUTION,
    id: "control.ioBitmapA.address",
    violated: (c) => isOn(c.primary, C.USE_IO_BITMAPS) && isBadAddress(c, F.IO_BITMAP_A, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.ioBitmapB.address",
    violated: (c) => isOn(c.primary, C.USE_IO_BITMAPS) && isBadAddress(c, F.IO_BITMAP_B, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.msrBitmap.address",
    violated: (c) => isOn(c.primary, C.USE_MSR_BITMAPS) && isBadAddress(c, F.MSR_BITMAP, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.virtualApic.address",
    violated: (c) => isOn(c.primary, C.USE_TPR_SHADOW) && isBadAddress(c, F.VIRTUAL_APIC_ADDRESS, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.tprThreshold.reserved",
    violated: (c) =>
      isOn(c.primary, C.USE_TPR_SHADOW) &&
      !isOn(c.secondary, C.VIRTUAL_INTERRUPT_DELIVERY) &&
      c.v.lo(F.TPR_THRESHOLD) >>> 4 !== 0,
  },
  {
    ...EXECUTION,
    id: "control.tprThreshold.virtualTaskPriority",
    violated: (c) => usesVtpr(c) && (c.v.lo(F.TPR_THRESHOLD) & 0xf) > virtualTaskPriority(c),
  },
  {
    ...EXECUTION,
    id: "control.virtualNmis.needsNmiExiting",
    violated: (c) => !isOn(c.pin, C.NMI_EXITING) && isOn(c.pin, C.VIRTUAL_NMIS),
  },
  {
    ...EXECUTION,
    id: "control.nmiWindowExiting.needsVirtualNmis",
    violated: (c) => !isOn(c.pin, C.VIRTUAL_NMIS) && isOn(c.primary, C.NMI_WINDOW_EXITING),
  },
  {
    ...EXECUTION,
    id: "control.apicAccess.address",
    violated: (c) => isOn(c.secondary, C.VIRTUALIZE_APIC_ACCESSES) && isBadAddress(c, F.APIC_ACCESS_ADDRESS, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.apicVirtualization.needsTprShadow",
    violated: (c) => !isOn(c.primary, C.USE_TPR_SHADOW) && isOn(c.secondary, NEEDS_TPR_SHADOW),
  },
  {
    ...EXECUTION,
    id: "control.virtualizeX2apicMode.excludesApicAccesses",
    violated: (c) => isOn(c.secondary, C.VIRTUALIZE_X2APIC_MODE) && isOn(c.secondary, C.VIRTUALIZE_APIC_ACCESSES),
  },
  {
    ...EXECUTION,
    id: "control.virtualInterruptDelivery.needsExternalInterruptExiting",
    violated: (c) => isOn(c.secondary, C.VIRTUAL_INTERRUPT_DELIVERY) && !isOn(c.pin, C.EXTERNAL_INTERRUPT_EXITING),
  },
  {
    ...EXECUTION,
    id: "control.postedInterrupts.needsVirtualInterruptDelivery",
    violated: (c) => posts(c) && !isOn(c.secondary, C.VIRTUAL_INTERRUPT_DELIVERY),
  },
  {
    ...EXECUTION,
    id: "control.postedInterrupts.needsAcknowledgeOnExit",
    violated: (c) => posts(c) && !isOn(c.exit, C.ACKNOWLEDGE_INTERRUPT_ON_EXIT),
  },
  {
    ...EXECUTION,
    id: "control.postedInterrupts.notificationVector",
    violated: (c) => posts(c) && c.v.lo(F.POSTED_INTERRUPT_NOTIFICATION_VECTOR) > 255,
  },
  {
    ...EXECUTION,
    id: "control.postedInterrupts.descriptorAddress",
    violated: (c) => posts(c) && isBadAddress(c, F.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS, 0x3f),
  },
  {
    ...EXECUTION,
    id: "control.vpid.zero",
    violated: (c) => isOn(c.secondary, C.ENABLE_VPID) && c.v.lo(F.VIRTUAL_PROCESSOR_IDENTIFIER) === 0,
  },
  {
    ...EXECUTION,
    id: "control.eptPointer.memoryType",
    violated: (c) =>
      isOn(c.secondary, C.ENABLE_EPT) && !isEptMemoryTypeSupported(c.capabilities, c.v.lo(F.EPT_POINTER)),
  },
  {
    ...EXECUTION,
    id: "control.eptPointer.walkLength",
    violated: (c) =>
      isOn(c.secondary, C.ENABLE_EPT) && !isEptWalkLengthSupported(c.capabilities, c.v.lo(F.EPT_POINTER)),
  },
  {
    ...EXECUTION,
    id: "control.eptPointer.reserved",
    violated: (c) =>
      isOn(c.secondary, C.ENABLE_EPT) &&
      setsReservedEptPointerBits(c.capabilities, c.v.lo(F.EPT_POINTER), c.v.hi(F.EPT_POINTER)),
  },
  {
    ...EXECUTION,
    id: "control.pml.needsEpt",
    violated: (c) => isOn(c.secondary, C.ENABLE_PML) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.pml.address",
    violated: (c) => isOn(c.secondary, C.ENABLE_PML) && isBadAddress(c, F.PML_ADDRESS, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.unrestrictedGuest.needsEpt",
    violated: (c) => isOn(c.secondary, C.UNRESTRICTED_GUEST) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.modeBasedExecuteControl.needsEpt",
    violated: (c) => isOn(c.secondary, C.MODE_BASED_EXECUTE_CONTROL) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.subPageWritePermissions.needsEpt",
    violated: (c) => isOn(c.secondary, C.SUB_PAGE_WRITE_PERMISSIONS) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.subPageWritePermissions.address",
    violated: (c) =>
      isOn(c.secondary, C.SUB_PAGE_WRITE_PERMISSIONS) && isBadAddress(c, F.SUB_PAGE_PERMISSION_TABLE_POINTER, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.vmFunctions.reserved",
    violated: (c) =>
      isOn(c.secondary, C.ENABLE_VM_FUNCTIONS) &&
      ((c.v.lo(F.VM_FUNCTION_CONTROLS) & ~c.capabilities.vmFunctions) !== 0 || c.v.hi(F.VM_FUNCTION_CONTROLS) !== 0),
  },
  {
    ...EXECUTION,
    id: "control.eptpSwitching.needsEpt",
    violated: (c) => switchesEptp(c) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.eptpList.address",
    violated: (c) => switchesEptp(c) && isBadAddress(c, F.EPTP_LIST_ADDRESS, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.vmreadBitmap.address",
    violated: (c) => isOn(c.secondary, C.VMCS_SHADOWING) && isBadAddress(c, F.VMREAD_BITMAP, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.vmwriteBitmap.address",
    violated: (c) => isOn(c.secondary, C.VMCS_SHADOWING) && isBadAddress(c, F.VMWRITE_BITMAP, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.virtualizationException.address",
    violated: (c) =>
      isOn(c.secondary, C.EPT_VIOLATION_VE) && isBadAddress(c, F.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS, PAGE),
  },
  {
    ...EXECUTION,
    id: "control.processorTrace.guestPhysicalNeedsEpt",
    violated: (c) => isOn(c.secondary, C.PT_USES_GUEST_PHYSICAL_ADDRESSES) && !isOn(c.secondary, C.ENABLE_EPT),
  },
  {
    ...EXECUTION,
    id: "control.processorTrace.guestPhysicalNeedsRtitControls",
    violated: (c) =>
      isOn(c.secondary, C.PT_USES_GUEST_PHYSICAL_ADDRESSES) &&
      (!isOn(c.exit, C.CLEAR_IA32_RTIT_CTL) || !isOn(c.entry, C.LOAD_IA32_RTIT_CTL)),
  },
  {
    ...EXECUTION,
    id: "control.tscMultiplier.zero",
    violated: (c) =>
      isOn(c.secondary, C.USE_TSC_SCALING) && c.v.lo(F.TSC_MULTIPLIER) === 0 && c.v.hi(F.TSC_MULTIPLIER) === 0,
  },
];
