import { fieldIndex, type VmcsField } from "@hvdiff/spec";

/** Fields of KVM's vmcs12, by the manual's names; there is no other, and each is there whatever L1 is offered. */
const FIELDS = `
  virtualProcessorIdentifier postedInterruptNotificationVector
  guestEsSelector guestCsSelector guestSsSelector guestDsSelector guestFsSelector guestGsSelector guestLdtrSelector
  guestTrSelector guestInterruptStatus pmlIndex
  hostEsSelector hostCsSelector hostSsSelector hostDsSelector hostFsSelector hostGsSelector hostTrSelector
  ioBitmapA ioBitmapB msrBitmap vmExitMsrStoreAddress vmExitMsrLoadAddress vmEntryMsrLoadAddress pmlAddress tscOffset
  virtualApicAddress apicAccessAddress postedInterruptDescriptorAddress vmFunctionControls eptPointer
  eoiExitBitmap0 eoiExitBitmap1 eoiExitBitmap2 eoiExitBitmap3 eptpListAddress vmreadBitmap vmwriteBitmap xssExitingBitmap
  guestPhysicalAddress vmcsLinkPointer guestIa32Debugctl guestIa32Pat guestIa32Efer guestIa32PerfGlobalCtrl
  guestPdpte0 guestPdpte1 guestPdpte2 guestPdpte3 guestIa32Bndcfgs hostIa32Pat hostIa32Efer hostIa32PerfGlobalCtrl
  pinBasedControls primaryProcessorBasedControls exceptionBitmap pageFaultErrorCodeMask pageFaultErrorCodeMatch
  cr3TargetCount vmExitControls vmExitMsrStoreCount vmExitMsrLoadCount vmEntryControls vmEntryMsrLoadCount
  vmEntryInterruptionInformation vmEntryExceptionErrorCode vmEntryInstructionLength tprThreshold
  secondaryProcessorBasedControls
  vmInstructionError exitReason vmExitInterruptionInformation vmExitInterruptionErrorCode idtVectoringInformation
  idtVectoringErrorCode vmExitInstructionLength vmExitInstructionInformation
  guestEsLimit guestCsLimit guestSsLimit guestDsLimit guestFsLimit guestGsLimit guestLdtrLimit guestTrLimit guestGdtrLimit
  guestIdtrLimit guestEsAccessRights guestCsAccessRights guestSsAccessRights guestDsAccessRights guestFsAccessRights
  guestGsAccessRights guestLdtrAccessRights guestTrAccessRights guestInterruptibilityState guestActivityState
  guestIa32SysenterCs vmxPreemptionTimerValue hostIa32SysenterCs
  cr0GuestHostMask cr4GuestHostMask cr0ReadShadow cr4ReadShadow exitQualification guestLinearAddress
  guestCr0 guestCr3 guestCr4 guestEsBase guestCsBase guestSsBase guestDsBase guestFsBase guestGsBase guestLdtrBase
  guestTrBase guestGdtrBase guestIdtrBase guestDr7 guestRsp guestRip guestRflags guestPendingDebugExceptions
  guestIa32SysenterEsp guestIa32SysenterEip
  hostCr0 hostCr3 hostCr4 hostFsBase hostGsBase hostTrBase hostGdtrBase hostIdtrBase hostIa32SysenterEsp
  hostIa32SysenterEip hostRsp hostRip
`;

function indexesOf(text: string): Set<number> {
  const names = text.split(/\s+/).filter((name) => name !== "") as VmcsField[];
  return new Set(names.map(fieldIndex));
}

/** Dense indexes of the fields in kernels before 5.14. */
export const VMCS12_FIELDS: ReadonlySet<number> = indexesOf(FIELDS);

/** Dense indexes of the fields since 5.14, with the TSC multiplier. */
export const VMCS12_FIELDS_WITH_TSC_SCALING: ReadonlySet<number> = indexesOf(`${FIELDS} tscMultiplier`);
