import { type ControlName, type ControlWord, controlMask, type VmcsField } from "@hvdiff/spec";
import type { VmcsView } from "../src/vmcs-view.ts";
import { CLIENT_MSRS, PLACE, WIDTH } from "./fixtures.ts";

/** Capability MSRs of a processor on which everything may be set, but for a few bits; BASIC[56] is 0. */
export const WIDE_MSRS: ReadonlyMap<number, bigint> = new Map([
  ...CLIENT_MSRS,
  [0x480, 0x00da_1000_0000_0004n],
  [0x48b, 0xdfff_ffff_0000_0000n],
  [0x48d, 0xffff_ffff_0000_0016n],
  [0x48e, 0xffff_ffff_0400_6172n],
  [0x48f, 0xffff_ffff_0003_6dfbn],
  [0x490, 0xffff_ffff_0000_11fbn],
  [0x492, 0xffn],
  [0x485, 0x3004_c1e7n],
  [0x489, 0xffb7_67ffn],
]);

/** Changes a valid VMCS. */
export type Mutation = (v: VmcsView) => void;
const BEYOND = 1n << BigInt(WIDTH);
const NON_CANONICAL = 0x8000_0000_0000n;

function on<W extends ControlWord>(v: VmcsView, word: W, ...names: ControlName<W>[]): void {
  const field = {
    pin: "pinBasedControls",
    primary: "primaryProcessorBasedControls",
    secondary: "secondaryProcessorBasedControls",
    tertiary: "tertiaryProcessorBasedControls",
    exit: "vmExitControls",
    secondaryExit: "secondaryVmExitControls",
    entry: "vmEntryControls",
  }[word] as VmcsField;
  v.write(field, v.read(field) | BigInt(controlMask(word, ...names)));
  if (word === "secondary") on(v, "primary", "activateSecondaryControls");
}

function off<W extends ControlWord>(v: VmcsView, field: VmcsField, word: W, ...names: ControlName<W>[]): void {
  v.write(field, v.read(field) & ~BigInt(controlMask(word, ...names)));
}

export function ept(v: VmcsView): void {
  on(v, "secondary", "enableEpt");
  v.write("eptPointer", BigInt(PLACE.ept) | 0x1en);
}

export function unrestricted(v: VmcsView): void {
  ept(v);
  on(v, "secondary", "unrestrictedGuest");
}

export function field(name: VmcsField, value: bigint): Mutation {
  return (v) => v.write(name, value);
}

function withBits(name: VmcsField, bits: bigint): Mutation {
  return (v) => v.write(name, v.read(name) | bits);
}

function without(name: VmcsField, bits: bigint): Mutation {
  return (v) => v.write(name, v.read(name) & ~bits);
}

function both(...mutations: Mutation[]): Mutation {
  return (v) => {
    for (const mutation of mutations) mutation(v);
  };
}

function posted(v: VmcsView): void {
  on(v, "pin", "processPostedInterrupts", "externalInterruptExiting");
  on(v, "primary", "useTprShadow");
  on(v, "secondary", "virtualInterruptDelivery");
  on(v, "exit", "acknowledgeInterruptOnExit");
}

/** Out of 64-bit mode into 32-bit protected mode without paging structures of its own. */
export function protectedMode(v: VmcsView): void {
  off(v, "vmEntryControls", "entry", "ia32eModeGuest");
  v.write("guestCsAccessRights", 0xc09bn);
}

export function virtual8086(v: VmcsView): void {
  protectedMode(v);
  v.write("guestCr4", 0x2000n);
  v.write("guestRflags", 0x20002n);
  for (const name of ["Es", "Cs", "Ss", "Ds", "Fs", "Gs"] as const) {
    v.write(`guest${name}Base`, v.read(`guest${name}Selector`) << 4n);
    v.write(`guest${name}Limit`, 0xffffn);
    v.write(`guest${name}AccessRights`, 0xf3n);
  }
}

const hostCet: Mutation = (v) => on(v, "exit", "exitLoadCetState");
const guestCet: Mutation = (v) => on(v, "entry", "entryLoadCetState");
const inject = (information: bigint): Mutation => field("vmEntryInterruptionInformation", 0x8000_0000n | information);
const TF_AND_STI = both(field("guestRflags", 0x302n), field("guestInterruptibilityState", 1n));

const CONTROL: Record<string, Mutation> = {
  "control.pin.reserved": without("pinBasedControls", 2n),
  "control.primary.reserved": without("primaryProcessorBasedControls", 2n),
  "control.secondary.reserved": both(
    (v) => on(v, "primary", "activateSecondaryControls"),
    field("secondaryProcessorBasedControls", 1n << 29n),
  ),
  "control.tertiary.reserved": both(
    (v) => on(v, "primary", "activateTertiaryControls"),
    field("tertiaryProcessorBasedControls", 0x100n),
  ),
  "control.cr3TargetCount": field("cr3TargetCount", 5n),
  "control.ioBitmapA.address": both((v) => on(v, "primary", "useIoBitmaps"), field("ioBitmapA", 1n)),
  "control.ioBitmapB.address": both((v) => on(v, "primary", "useIoBitmaps"), field("ioBitmapB", BEYOND)),
  "control.msrBitmap.address": both((v) => on(v, "primary", "useMsrBitmaps"), field("msrBitmap", 0x800n)),
  "control.virtualApic.address": both((v) => on(v, "primary", "useTprShadow"), field("virtualApicAddress", 8n)),
  "control.tprThreshold.reserved": both((v) => on(v, "primary", "useTprShadow"), field("tprThreshold", 0x10n)),
  "control.tprThreshold.virtualTaskPriority": both((v) => on(v, "primary", "useTprShadow"), field("tprThreshold", 1n)),
  "control.virtualNmis.needsNmiExiting": (v) => on(v, "pin", "virtualNmis"),
  "control.nmiWindowExiting.needsVirtualNmis": (v) => on(v, "primary", "nmiWindowExiting"),
  "control.apicAccess.address": both(
    (v) => on(v, "secondary", "virtualizeApicAccesses"),
    field("apicAccessAddress", 4n),
  ),
  "control.apicVirtualization.needsTprShadow": (v) => on(v, "secondary", "apicRegisterVirtualization"),
  "control.virtualizeX2apicMode.excludesApicAccesses": (v) => {
    on(v, "primary", "useTprShadow");
    on(v, "secondary", "virtualizeX2apicMode", "virtualizeApicAccesses");
  },
  "control.virtualInterruptDelivery.needsExternalInterruptExiting": (v) => {
    on(v, "primary", "useTprShadow");
    on(v, "secondary", "virtualInterruptDelivery");
  },
  "control.postedInterrupts.needsVirtualInterruptDelivery": (v) => {
    posted(v);
    off(v, "secondaryProcessorBasedControls", "secondary", "virtualInterruptDelivery");
  },
  "control.postedInterrupts.needsAcknowledgeOnExit": (v) => {
    posted(v);
    off(v, "vmExitControls", "exit", "acknowledgeInterruptOnExit");
  },
  "control.postedInterrupts.notificationVector": both(posted, field("postedInterruptNotificationVector", 0x100n)),
  "control.postedInterrupts.descriptorAddress": both(posted, field("postedInterruptDescriptorAddress", 0x20n)),
  "control.vpid.zero": (v) => on(v, "secondary", "enableVpid"),
  "control.eptPointer.memoryType": both(ept, field("eptPointer", 0x1cn)),
  "control.eptPointer.walkLength": both(ept, field("eptPointer", 0x16n)),
  "control.eptPointer.reserved": both(ept, field("eptPointer", BEYOND | 0x1en)),
  "control.pml.needsEpt": (v) => on(v, "secondary", "enablePml"),
  "control.pml.address": both(ept, (v) => on(v, "secondary", "enablePml"), field("pmlAddress", 1n)),
  "control.unrestrictedGuest.needsEpt": (v) => on(v, "secondary", "unrestrictedGuest"),
  "control.modeBasedExecuteControl.needsEpt": (v) => on(v, "secondary", "modeBasedExecuteControl"),
  "control.subPageWritePermissions.needsEpt": (v) => on(v, "secondary", "subPageWritePermissions"),
  "control.subPageWritePermissions.address": both(
    ept,
    (v) => on(v, "secondary", "subPageWritePermissions"),
    field("subPagePermissionTablePointer", 1n),
  ),
  "control.vmFunctions.reserved": both((v) => on(v, "secondary", "enableVmFunctions"), field("vmFunctionControls", 2n)),
  "control.eptpSwitching.needsEpt": both(
    (v) => on(v, "secondary", "enableVmFunctions"),
    field("vmFunctionControls", 1n),
  ),
  "control.eptpList.address": both(
    ept,
    (v) => on(v, "secondary", "enableVmFunctions"),
    field("vmFunctionControls", 1n),
    field("eptpListAddress", 8n),
  ),
  "control.vmreadBitmap.address": both((v) => on(v, "secondary", "vmcsShadowing"), field("vmreadBitmap", 1n)),
  "control.vmwriteBitmap.address": both((v) => on(v, "secondary", "vmcsShadowing"), field("vmwriteBitmap", 1n)),
  "control.virtualizationException.address": both(
    (v) => on(v, "secondary", "eptViolationVe"),
    field("virtualizationExceptionInformationAddress", 1n),
  ),
  "control.processorTrace.guestPhysicalNeedsEpt": (v) => {
    on(v, "secondary", "ptUsesGuestPhysicalAddresses");
    on(v, "exit", "clearIa32RtitCtl");
    on(v, "entry", "loadIa32RtitCtl");
  },
  "control.processorTrace.guestPhysicalNeedsRtitControls": both(ept, (v) =>
    on(v, "secondary", "ptUsesGuestPhysicalAddresses"),
  ),
  "control.tscMultiplier.zero": (v) => on(v, "secondary", "useTscScaling"),
  "control.exit.reserved": without("vmExitControls", 2n),
  "control.secondaryExit.reserved": both(
    (v) => on(v, "exit", "activateSecondaryVmExitControls"),
    field("secondaryVmExitControls", 4n),
  ),
  "control.exit.savePreemptionTimerNeedsTimer": (v) => on(v, "exit", "saveVmxPreemptionTimerValue"),
  "control.exit.msrStoreArea": both(field("vmExitMsrStoreCount", 1n), field("vmExitMsrStoreAddress", 8n)),
  "control.exit.msrLoadArea": both(field("vmExitMsrLoadCount", 2n), field("vmExitMsrLoadAddress", BEYOND - 16n)),
  "control.entry.reserved": without("vmEntryControls", 2n),
  "control.injection.type": inject(0x100n),
  "control.injection.vector": inject(0x203n),
  "control.injection.deliverErrorCode": inject(0x30dn),
  "control.injection.reserved": inject(0x1306n),
  "control.injection.errorCodeReserved": both(inject(0xb0dn), field("vmEntryExceptionErrorCode", 0x10000n)),
  "control.injection.instructionLength": both(inject(0x480n), field("vmEntryInstructionLength", 16n)),
  "control.entry.msrLoadArea": both(field("vmEntryMsrLoadCount", 1n), field("vmEntryMsrLoadAddress", 1n)),
  "control.entry.smmOutsideSmm": (v) => on(v, "entry", "entryToSmm"),
};

const selectorIds = ["Cs", "Ss", "Ds", "Es", "Fs", "Gs", "Tr"] as const;
const HOST: Record<string, Mutation> = {
  "host.cr0.fixed": without("hostCr0", 0x20n),
  "host.cr4.fixed": without("hostCr4", 0x2000n),
  "host.cr4.cetNeedsWriteProtect": withBits("hostCr4", 1n << 23n),
  "host.cr3.reserved": field("hostCr3", BEYOND),
  "host.sysenterEsp.canonical": field("hostIa32SysenterEsp", NON_CANONICAL),
  "host.sysenterEip.canonical": field("hostIa32SysenterEip", NON_CANONICAL),
  "host.sCet.reserved": both(hostCet, field("hostIa32SCet", 0xc00n)),
  "host.sCet.canonical": both(hostCet, field("hostIa32SCet", NON_CANONICAL)),
  "host.interruptSspTable.canonical": both(hostCet, field("hostIa32InterruptSspTableAddr", NON_CANONICAL)),
  "host.ssp.aligned": both(hostCet, field("hostSsp", 1n)),
  "host.ssp.canonical": both(hostCet, field("hostSsp", NON_CANONICAL)),
  "host.perfGlobalCtrl.reserved": both(
    (v) => on(v, "exit", "exitLoadIa32PerfGlobalCtrl"),
    field("hostIa32PerfGlobalCtrl", 1n << 60n),
  ),
  "host.pat": both((v) => on(v, "exit", "exitLoadIa32Pat"), field("hostIa32Pat", 0x02n)),
  "host.efer.reserved": both((v) => on(v, "exit", "exitLoadIa32Efer"), field("hostIa32Efer", 0x502n)),
  "host.efer.addressSpaceSize": both((v) => on(v, "exit", "exitLoadIa32Efer"), field("hostIa32Efer", 0x100n)),
  "host.pkrs.reserved": both((v) => on(v, "exit", "exitLoadPkrs"), field("hostIa32Pkrs", 1n << 40n)),
  ...Object.fromEntries(
    selectorIds.map((name) => [`host.${name.toLowerCase()}.selector`, withBits(`host${name}Selector`, 4n)]),
  ),
  "host.cs.null": field("hostCsSelector", 0n),
  "host.tr.null": field("hostTrSelector", 0n),
  "host.fs.base": field("hostFsBase", NON_CANONICAL),
  "host.gs.base": field("hostGsBase", NON_CANONICAL),
  "host.gdtr.base": field("hostGdtrBase", NON_CANONICAL),
  "host.idtr.base": field("hostIdtrBase", NON_CANONICAL),
  "host.tr.base": field("hostTrBase", NON_CANONICAL),
  "host.addressSpace.inLongMode": both(protectedMode, (v) => off(v, "vmExitControls", "exit", "hostAddressSpaceSize")),
  "host.addressSpace.pae": without("hostCr4", 0x20n),
  "host.rip.canonical": field("hostRip", NON_CANONICAL),
};

const dataNames = ["Ds", "Es", "Fs", "Gs"] as const;
const segmentNames = ["Cs", "Ss", ...dataNames] as const;
const perSegment = (
  what: string,
  names: readonly (typeof segmentNames)[number][],
  of: (name: (typeof segmentNames)[number]) => Mutation,
) => Object.fromEntries(names.map((name) => [`guest.${name.toLowerCase()}.${what}`, of(name)]));

const GUEST: Record<string, Mutation> = {
  "guest.cr0.fixed": without("guestCr0", 0x20n),
  "guest.cr0.pagingNeedsProtection": both(unrestricted, without("guestCr0", 1n)),
  "guest.cr4.fixed": withBits("guestCr4", 1n << 15n),
  "guest.cr4.cetNeedsWriteProtect": withBits("guestCr4", 1n << 23n),
  "guest.debugctl.reserved": both((v) => on(v, "entry", "loadDebugControls"), field("guestIa32Debugctl", 4n)),
  "guest.cr0.longModeNeedsPaging": without("guestCr4", 0x20n),
  "guest.cr4.pcideNeedsLongMode": both(protectedMode, withBits("guestCr4", 1n << 17n)),
  "guest.cr3.reserved": field("guestCr3", BEYOND),
  "guest.dr7.high": both((v) => on(v, "entry", "loadDebugControls"), field("guestDr7", 1n << 32n)),
  "guest.sysenterEsp.canonical": field("guestIa32SysenterEsp", NON_CANONICAL),
  "guest.sysenterEip.canonical": field("guestIa32SysenterEip", NON_CANONICAL),
  "guest.sCet.reserved": both(guestCet, field("guestIa32SCet", 0x40n)),
  "guest.sCet.canonical": both(guestCet, field("guestIa32SCet", NON_CANONICAL)),
  "guest.interruptSspTable.canonical": both(guestCet, field("guestIa32InterruptSspTableAddr", NON_CANONICAL)),
  "guest.ssp.aligned": both(guestCet, field("guestSsp", 2n)),
  "guest.ssp.high": both(guestCet, protectedMode, field("guestSsp", 1n << 32n)),
  "guest.ssp.canonical": both(guestCet, field("guestSsp", NON_CANONICAL)),
  "guest.perfGlobalCtrl.reserved": both(
    (v) => on(v, "entry", "entryLoadIa32PerfGlobalCtrl"),
    field("guestIa32PerfGlobalCtrl", 1n << 60n),
  ),
  "guest.pat": both((v) => on(v, "entry", "entryLoadIa32Pat"), field("guestIa32Pat", 0x0300n)),
  "guest.efer.reserved": both((v) => on(v, "entry", "entryLoadIa32Efer"), field("guestIa32Efer", 0x502n)),
  "guest.efer.mode": both((v) => on(v, "entry", "entryLoadIa32Efer"), field("guestIa32Efer", 0x100n)),
  "guest.bndcfgs": both((v) => on(v, "entry", "loadIa32Bndcfgs"), field("guestIa32Bndcfgs", 4n)),
  "guest.pkrs.reserved": both((v) => on(v, "entry", "entryLoadPkrs"), field("guestIa32Pkrs", 1n << 40n)),
  "guest.tr.selector.tableIndicator": field("guestTrSelector", 0x1cn),
  "guest.ldtr.selector.tableIndicator": both(field("guestLdtrAccessRights", 0x82n), field("guestLdtrSelector", 4n)),
  "guest.ss.selector.privilege": both(
    field("guestSsSelector", 0x13n),
    withBits("guestSsAccessRights", 0x60n),
    withBits("guestCsAccessRights", 0x60n),
  ),
  ...perSegment("base.virtual8086", segmentNames, (name) => both(virtual8086, field(`guest${name}Base`, 0x55n))),
  "guest.tr.base.canonical": field("guestTrBase", NON_CANONICAL),
  "guest.fs.base.canonical": field("guestFsBase", NON_CANONICAL),
  "guest.gs.base.canonical": field("guestGsBase", NON_CANONICAL),
  "guest.ldtr.base.canonical": both(field("guestLdtrAccessRights", 0x82n), field("guestLdtrBase", NON_CANONICAL)),
  ...perSegment("base.high", ["Cs", "Ss", "Ds", "Es"], (name) => field(`guest${name}Base`, 1n << 32n)),
  ...perSegment("limit.virtual8086", segmentNames, (name) => both(virtual8086, field(`guest${name}Limit`, 0x1ffffn))),
  ...perSegment("access.virtual8086", segmentNames, (name) =>
    both(virtual8086, field(`guest${name}AccessRights`, 0x93n)),
  ),
  "guest.cs.access.type": without("guestCsAccessRights", 1n),
  "guest.ss.access.type": withBits("guestSsAccessRights", 8n),
  ...perSegment("access.type", dataNames, (name) => without(`guest${name}AccessRights`, 1n)),
  ...perSegment("access.system", segmentNames, (name) => without(`guest${name}AccessRights`, 0x10n)),
  "guest.cs.access.privilege": withBits("guestCsAccessRights", 0x20n),
  "guest.ss.access.privilege": both(withBits("guestSsAccessRights", 0x60n), withBits("guestCsAccessRights", 0x60n)),
  ...perSegment("access.privilege", dataNames, (name) => field(`guest${name}Selector`, 0x13n)),
  ...perSegment("access.present", segmentNames, (name) => without(`guest${name}AccessRights`, 0x80n)),
  ...perSegment("access.reserved", segmentNames, (name) => withBits(`guest${name}AccessRights`, 0x100n)),
  "guest.cs.access.defaultBig": withBits("guestCsAccessRights", 0x4000n),
  ...perSegment("access.granularity", segmentNames, (name) => without(`guest${name}AccessRights`, 0x8000n)),
  "guest.tr.access.type": field("guestTrAccessRights", 0x83n),
  "guest.tr.access.system": withBits("guestTrAccessRights", 0x10n),
  "guest.tr.access.present": without("guestTrAccessRights", 0x80n),
  "guest.tr.access.reserved": withBits("guestTrAccessRights", 0x200n),
  "guest.tr.access.granularity": withBits("guestTrAccessRights", 0x8000n),
  "guest.tr.access.unusable": withBits("guestTrAccessRights", 0x10000n),
  "guest.ldtr.access.type": field("guestLdtrAccessRights", 0x83n),
  "guest.ldtr.access.system": field("guestLdtrAccessRights", 0x92n),
  "guest.ldtr.access.present": field("guestLdtrAccessRights", 0x02n),
  "guest.ldtr.access.reserved": field("guestLdtrAccessRights", 0x182n),
  "guest.ldtr.access.granularity": field("guestLdtrAccessRights", 0x8082n),
  "guest.gdtr.base": field("guestGdtrBase", NON_CANONICAL),
  "guest.idtr.base": field("guestIdtrBase", NON_CANONICAL),
  "guest.gdtr.limit": field("guestGdtrLimit", 0x10000n),
  "guest.idtr.limit": field("guestIdtrLimit", 0x10000n),
  "guest.rip.high": both(withBits("guestRip", 1n << 32n), without("guestCsAccessRights", 0x2000n)),
  "guest.rip.canonical": field("guestRip", 1n << 60n),
  "guest.rflags.reserved": field("guestRflags", 0n),
  "guest.rflags.virtual8086": both(virtual8086, unrestricted, field("guestCr0", 0x30n)),
  "guest.rflags.interruptFlag": inject(0x20n),
  "guest.activityState.supported": field("guestActivityState", 4n),
  "guest.activityState.hltNeedsPrivilege": both(
    field("guestActivityState", 1n),
    withBits("guestSsAccessRights", 0x60n),
    field("guestSsSelector", 0x13n),
    field("guestCsSelector", 0xbn),
    withBits("guestCsAccessRights", 0x60n),
  ),
  "guest.activityState.blocking": both(field("guestActivityState", 1n), field("guestInterruptibilityState", 2n)),
  "guest.activityState.injection": both(field("guestActivityState", 1n), inject(0x306n)),
  "guest.interruptibility.reserved": field("guestInterruptibilityState", 0x20n),
  "guest.interruptibility.stiAndMovSs": both(field("guestRflags", 0x202n), field("guestInterruptibilityState", 3n)),
  "guest.interruptibility.stiNeedsInterruptFlag": field("guestInterruptibilityState", 1n),
  "guest.interruptibility.externalInterrupt": both(
    field("guestRflags", 0x202n),
    inject(0x20n),
    field("guestInterruptibilityState", 2n),
  ),
  "guest.interruptibility.nmiUnderMovSs": both(inject(0x202n), field("guestInterruptibilityState", 2n)),
  "guest.interruptibility.smi": field("guestInterruptibilityState", 4n),
  "guest.interruptibility.virtualNmi": both(
    (v) => on(v, "pin", "virtualNmis", "nmiExiting"),
    inject(0x202n),
    field("guestInterruptibilityState", 8n),
  ),
  "guest.interruptibility.enclave": field("guestInterruptibilityState", 0x10n),
  "guest.pendingDebug.reserved": field("guestPendingDebugExceptions", 0x10n),
  "guest.pendingDebug.singleStep": TF_AND_STI,
  "guest.pendingDebug.transaction": field("guestPendingDebugExceptions", 0x10000n),
  "guest.vmcsLinkPointer.address": field("vmcsLinkPointer", BigInt(PLACE.misplacedRevision)),
  "guest.vmcsLinkPointer.revision": field("vmcsLinkPointer", 0x60000n),
  "guest.vmcsLinkPointer.current": field("vmcsLinkPointer", BigInt(PLACE.vmcs)),
  "guest.pdptes": both(protectedMode, ept, field("guestPdpte1", 3n)),
};

const to32: Mutation = both(protectedMode, (v) => off(v, "vmExitControls", "exit", "hostAddressSpaceSize"));

/** For a host outside IA-32e mode: a VMCS that is valid there, and by id of a check what to do to it so that the check is violated. */
export const VALID_FOR_32_BIT_HOST: Mutation = to32;
export const VIOLATIONS_OF_32_BIT_HOST: Readonly<Record<string, Mutation>> = {
  "host.ss.null": both(to32, field("hostSsSelector", 0n)),
  "host.addressSpace.outsideLongMode": both(to32, (v) => on(v, "exit", "hostAddressSpaceSize")),
  "host.addressSpace.pcide": both(to32, withBits("hostCr4", 1n << 17n)),
  "host.rip.high": both(to32, field("hostRip", 1n << 32n)),
  "host.cet.high": both(to32, hostCet, field("hostSsp", 1n << 32n)),
};

/** By id of a check: what to do to a valid VMCS of a 64-bit host and guest so that the check is the first to be violated. */
export const VIOLATIONS: Readonly<Record<string, Mutation>> = { ...CONTROL, ...HOST, ...GUEST };
