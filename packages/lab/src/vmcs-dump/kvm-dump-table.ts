import type { VmcsField } from "@hvdiff/spec";

export type DumpSection = "guest" | "host" | "control";

/** One line of KVM's dump: `#` stands for a hexadecimal number, with or without 0x. */
export type DumpLine = readonly [section: DumpSection, pattern: string, ...fields: VmcsField[]];

type Segment = "Cs" | "Ds" | "Ss" | "Es" | "Fs" | "Gs" | "Ldtr" | "Tr";

function segment(name: Segment): DumpLine {
  return [
    "guest",
    `${name.toUpperCase()}: sel=#, attr=#, limit=#, base=#`,
    `guest${name}Selector`,
    `guest${name}AccessRights`,
    `guest${name}Limit`,
    `guest${name}Base`,
  ];
}

/** What `dump_vmcs` of KVM writes to the kernel log, in the wordings of releases from 4.14 on. */
export const KVM_DUMP_LINES: readonly DumpLine[] = [
  ["guest", "CR0: actual=#, shadow=#, gh_mask=#", "guestCr0", "cr0ReadShadow", "cr0GuestHostMask"],
  ["guest", "CR4: actual=#, shadow=#, gh_mask=#", "guestCr4", "cr4ReadShadow", "cr4GuestHostMask"],
  ["guest", "CR3 = #", "guestCr3"],
  ["guest", "PDPTR0 = # PDPTR1 = #", "guestPdpte0", "guestPdpte1"],
  ["guest", "PDPTR2 = # PDPTR3 = #", "guestPdpte2", "guestPdpte3"],
  ["guest", "RSP = # RIP = #", "guestRsp", "guestRip"],
  ["guest", "RFLAGS=# DR7 = #", "guestRflags", "guestDr7"],
  ["guest", "Sysenter RSP=# CS:RIP=#:#", "guestIa32SysenterEsp", "guestIa32SysenterCs", "guestIa32SysenterEip"],
  ...(["Cs", "Ds", "Ss", "Es", "Fs", "Gs", "Ldtr", "Tr"] as const).map(segment),
  ["guest", "GDTR: limit=#, base=#", "guestGdtrLimit", "guestGdtrBase"],
  ["guest", "IDTR: limit=#, base=#", "guestIdtrLimit", "guestIdtrBase"],
  ["guest", "EFER = #", "guestIa32Efer"],
  ["guest", "EFER = # PAT = #", "guestIa32Efer", "guestIa32Pat"],
  ["guest", "PAT = #", "guestIa32Pat"],
  ["guest", "DebugCtl = # DebugExceptions = #", "guestIa32Debugctl", "guestPendingDebugExceptions"],
  ["guest", "PerfGlobCtl = #", "guestIa32PerfGlobalCtrl"],
  ["guest", "BndCfgS = #", "guestIa32Bndcfgs"],
  ["guest", "Interruptibility = # ActivityState = #", "guestInterruptibilityState", "guestActivityState"],
  ["guest", "InterruptStatus = #", "guestInterruptStatus"],
  ["guest", "S_CET = #, SSP = #, SSP TABLE = #", "guestIa32SCet", "guestSsp", "guestIa32InterruptSspTableAddr"],
  ["host", "RIP = # RSP = #", "hostRip", "hostRsp"],
  [
    "host",
    "CS=# SS=# DS=# ES=# FS=# GS=# TR=#",
    "hostCsSelector",
    "hostSsSelector",
    "hostDsSelector",
    "hostEsSelector",
    "hostFsSelector",
    "hostGsSelector",
    "hostTrSelector",
  ],
  ["host", "FSBase=# GSBase=# TRBase=#", "hostFsBase", "hostGsBase", "hostTrBase"],
  ["host", "GDTBase=# IDTBase=#", "hostGdtrBase", "hostIdtrBase"],
  ["host", "CR0=# CR3=# CR4=#", "hostCr0", "hostCr3", "hostCr4"],
  ["host", "Sysenter RSP=# CS:RIP=#:#", "hostIa32SysenterEsp", "hostIa32SysenterCs", "hostIa32SysenterEip"],
  ["host", "EFER = #", "hostIa32Efer"],
  ["host", "EFER = # PAT = #", "hostIa32Efer", "hostIa32Pat"],
  ["host", "PAT = #", "hostIa32Pat"],
  ["host", "PerfGlobCtl = #", "hostIa32PerfGlobalCtrl"],
  ["host", "S_CET = #, SSP = #, SSP TABLE = #", "hostIa32SCet", "hostSsp", "hostIa32InterruptSspTableAddr"],
  ["control", "PinBased=#", "pinBasedControls"],
  ["control", "CPUBased=#", "primaryProcessorBasedControls"],
  ["control", "SecondaryExec=#", "secondaryProcessorBasedControls"],
  ["control", "TertiaryExec=#", "tertiaryProcessorBasedControls"],
  ["control", "EntryControls=#", "vmEntryControls"],
  ["control", "ExitControls=#", "vmExitControls"],
  [
    "control",
    "ExceptionBitmap=# PFECmask=# PFECmatch=#",
    "exceptionBitmap",
    "pageFaultErrorCodeMask",
    "pageFaultErrorCodeMatch",
  ],
  [
    "control",
    "VMEntry: intr_info=# errcode=# ilen=#",
    "vmEntryInterruptionInformation",
    "vmEntryExceptionErrorCode",
    "vmEntryInstructionLength",
  ],
  [
    "control",
    "VMExit: intr_info=# errcode=# ilen=#",
    "vmExitInterruptionInformation",
    "vmExitInterruptionErrorCode",
    "vmExitInstructionLength",
  ],
  ["control", "reason=# qualification=#", "exitReason", "exitQualification"],
  ["control", "IDTVectoring: info=# errcode=#", "idtVectoringInformation", "idtVectoringErrorCode"],
  ["control", "TSC Offset = #", "tscOffset"],
  ["control", "TSC Multiplier = #", "tscMultiplier"],
  ["control", "TPR Threshold = #", "tprThreshold"],
  ["control", "APIC-access addr = #", "apicAccessAddress"],
  ["control", "virt-APIC addr = #", "virtualApicAddress"],
  ["control", "PostedIntrVec = #", "postedInterruptNotificationVector"],
  ["control", "EPT pointer = #", "eptPointer"],
  ["control", "PLE Gap=# Window=#", "pleGap", "pleWindow"],
  ["control", "Virtual processor ID = #", "virtualProcessorIdentifier"],
  ["control", "VE info address = #", "virtualizationExceptionInformationAddress"],
];
