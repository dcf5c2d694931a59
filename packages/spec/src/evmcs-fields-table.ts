import { VMCS_FIELDS, type VmcsField } from "./vmcs-fields.ts";

/**
 * Groups of the enlightened VMCS: a set bit of its clean-fields word says that L1 has changed nothing in the group since the last entry
 * (Hypervisor Top-Level Functional Specification, "Nested Virtualization").
 */
export const EVMCS_CLEAN_FIELDS = {
  ioBitmap: 0,
  msrBitmap: 1,
  controlGroup2: 2,
  controlGroup1: 3,
  controlProcessor: 4,
  controlEvent: 5,
  controlEntry: 6,
  controlException: 7,
  controlRegisters: 8,
  controlTranslation: 9,
  guestBasic: 10,
  guestGroup1: 11,
  guestGroup2: 12,
  hostPointer: 13,
  hostGroup1: 14,
  enlightenments: 15,
} as const;

export type EvmcsCleanField = keyof typeof EVMCS_CLEAN_FIELDS;

/** Every group, as the clean-fields word has it. */
export const EVMCS_ALL_CLEAN = 0xffff;

/** Version of the layout, in the first word of the page. */
export const EVMCS_VERSION = 1;

/** Byte offsets of what is no VMCS field. */
export const EVMCS_OFFSETS = {
  version: 0,
  cleanFields: 0x338,
  syntheticControls: 0x340,
  enlightenmentsControl: 0x344,
  virtualProcessorId: 0x348,
  virtualMachineId: 0x350,
  partitionAssistPage: 0x358,
} as const;

/** Byte offsets in the virtual-processor assist page. */
export const VP_ASSIST_OFFSETS = { nestedFeatures: 0x20, enlightenVmEntry: 0x30, currentNestedVmcs: 0x38 } as const;

/** One field of the enlightened VMCS. */
export interface EvmcsFieldDef {
  readonly field: VmcsField;
  /** Byte offset in the page. */
  readonly offset: number;
  readonly bytes: 2 | 4 | 8;
  /** Its group; null for fields that are read at every entry, and for those that only exits write. */
  readonly clean: EvmcsCleanField | null;
}

const BYTES = { "16": 2, "32": 4, "64": 8, natural: 8 } as const;

/** Fields that lie one behind the other from an offset on. */
function run(offset: number, clean: EvmcsCleanField | null, ...fields: VmcsField[]): EvmcsFieldDef[] {
  let at = offset;
  return fields.map((field) => {
    const bytes = BYTES[VMCS_FIELDS[field].width];
    const def = { field, offset: at, bytes, clean };
    at += bytes;
    return def;
  });
}

/** The fields of version 1 in the order of the page. What is not here an enlightened VMCS cannot say. */
export const EVMCS_FIELDS: readonly EvmcsFieldDef[] = [
  ...run(0x008, "hostGroup1", "hostEsSelector", "hostCsSelector", "hostSsSelector", "hostDsSelector"),
  ...run(0x010, "hostGroup1", "hostFsSelector", "hostGsSelector", "hostTrSelector"),
  ...run(0x018, "hostGroup1", "hostIa32Pat", "hostIa32Efer", "hostCr0", "hostCr3", "hostCr4"),
  ...run(0x040, "hostGroup1", "hostIa32SysenterEsp", "hostIa32SysenterEip", "hostRip", "hostIa32SysenterCs"),
  ...run(0x05c, "controlGroup1", "pinBasedControls", "vmExitControls", "secondaryProcessorBasedControls"),
  ...run(0x068, "ioBitmap", "ioBitmapA", "ioBitmapB"),
  ...run(0x078, "msrBitmap", "msrBitmap"),
  ...run(0x080, "guestGroup2", "guestEsSelector", "guestCsSelector", "guestSsSelector", "guestDsSelector"),
  ...run(0x088, "guestGroup2", "guestFsSelector", "guestGsSelector", "guestLdtrSelector", "guestTrSelector"),
  ...run(0x090, "guestGroup2", "guestEsLimit", "guestCsLimit", "guestSsLimit", "guestDsLimit", "guestFsLimit"),
  ...run(0x0a4, "guestGroup2", "guestGsLimit", "guestLdtrLimit", "guestTrLimit", "guestGdtrLimit", "guestIdtrLimit"),
  ...run(0x0b8, "guestGroup2", "guestEsAccessRights", "guestCsAccessRights", "guestSsAccessRights"),
  ...run(0x0c4, "guestGroup2", "guestDsAccessRights", "guestFsAccessRights", "guestGsAccessRights"),
  ...run(0x0d0, "guestGroup2", "guestLdtrAccessRights", "guestTrAccessRights"),
  ...run(0x0d8, "guestGroup2", "guestEsBase", "guestCsBase", "guestSsBase", "guestDsBase", "guestFsBase"),
  ...run(0x100, "guestGroup2", "guestGsBase", "guestLdtrBase", "guestTrBase", "guestGdtrBase", "guestIdtrBase"),
  ...run(0x190, "controlGroup2", "tscOffset", "virtualApicAddress"),
  ...run(0x1a0, "guestGroup1", "vmcsLinkPointer", "guestIa32Debugctl", "guestIa32Pat", "guestIa32Efer"),
  ...run(0x1c0, "guestGroup1", "guestPdpte0", "guestPdpte1", "guestPdpte2", "guestPdpte3"),
  ...run(0x1e0, "guestGroup1", "guestPendingDebugExceptions", "guestIa32SysenterEsp", "guestIa32SysenterEip"),
  ...run(0x1f8, "guestGroup1", "guestActivityState", "guestIa32SysenterCs"),
  ...run(0x200, "controlRegisters", "cr0GuestHostMask", "cr4GuestHostMask", "cr0ReadShadow", "cr4ReadShadow"),
  ...run(0x220, "controlRegisters", "guestCr0", "guestCr3", "guestCr4", "guestDr7"),
  ...run(0x240, "hostPointer", "hostFsBase", "hostGsBase", "hostTrBase", "hostGdtrBase", "hostIdtrBase", "hostRsp"),
  ...run(0x270, "controlTranslation", "eptPointer", "virtualProcessorIdentifier"),
  ...run(0x2a8, null, "guestPhysicalAddress", "vmInstructionError", "exitReason", "vmExitInterruptionInformation"),
  ...run(0x2bc, null, "vmExitInterruptionErrorCode", "idtVectoringInformation", "idtVectoringErrorCode"),
  ...run(0x2c8, null, "vmExitInstructionLength", "vmExitInstructionInformation", "exitQualification"),
  ...run(0x2d8, null, "ioRcx", "ioRsi", "ioRdi", "ioRip", "guestLinearAddress"),
  ...run(0x300, "guestBasic", "guestRsp", "guestRflags", "guestInterruptibilityState"),
  ...run(0x314, "controlProcessor", "primaryProcessorBasedControls"),
  ...run(0x318, "controlException", "exceptionBitmap"),
  ...run(0x31c, "controlEntry", "vmEntryControls"),
  ...run(
    0x320,
    "controlEvent",
    "vmEntryInterruptionInformation",
    "vmEntryExceptionErrorCode",
    "vmEntryInstructionLength",
  ),
  ...run(0x32c, null, "tprThreshold", "guestRip"),
  ...run(0x380, "guestGroup1", "guestIa32Bndcfgs", "guestIa32PerfGlobalCtrl", "guestIa32SCet"),
  ...run(0x398, "guestBasic", "guestSsp"),
  ...run(0x3a0, "guestGroup1", "guestIa32InterruptSspTableAddr", "guestIa32LbrCtl"),
  ...run(0x3c0, "controlGroup2", "xssExitingBitmap", "enclsExitingBitmap"),
  ...run(0x3d0, "hostGroup1", "hostIa32PerfGlobalCtrl"),
  ...run(0x3d8, "controlGroup2", "tscMultiplier"),
  ...run(0x3e0, "hostGroup1", "hostIa32SCet", "hostSsp", "hostIa32InterruptSspTableAddr"),
];
