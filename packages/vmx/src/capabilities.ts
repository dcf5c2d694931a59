import {
  CONTROL_WORD_NAMES,
  type ControlName,
  type ControlWord,
  controlBit,
  controlWordDef,
  type FieldRequirement,
  fieldExists,
  hi32,
  lo32,
  msrAddress,
  msrFieldOf,
  testBit,
  VMCS_FIELD_NAMES,
  VMX_BASIC,
  VMX_EPT_VPID_CAP,
  VMX_MISC,
} from "@hvdiff/spec";

/** Allowed settings of one control word, as 32-bit patterns. */
export interface AllowedSettings {
  /** Bits that must be 1. */
  readonly required: number;
  /** Bits that may be 1. */
  readonly allowed: number;
}

/** Bits of IA32_VMX_EPT_VPID_CAP by name. */
export type EptVpidCapabilities = {
  readonly [K in Exclude<keyof typeof VMX_EPT_VPID_CAP, "maximumHlatPrefixSize">]: boolean;
};

/** One-bit fields of IA32_VMX_MISC, and the counts. */
export interface MiscCapabilities {
  readonly preemptionTimerRate: number;
  readonly storeLma: boolean;
  /** Which activity states exist: bit n for state n; bit 0 (active) always. */
  readonly activityStates: number;
  readonly cr3TargetValues: number;
  readonly vmwriteExitInformation: boolean;
  readonly zeroLengthInjection: boolean;
}

/** What the capability MSRs of one processor say: what is *supported*. What is *enabled* is in a VMCS. Pure data. */
export interface VmxCapabilities {
  readonly msrs: ReadonlyMap<number, bigint>;
  readonly physicalAddressWidth: number;
  readonly linearAddressWidth: number;
  readonly revisionId: number;
  readonly regionSize: number;
  /** Width of addresses of VMX structures: 32 where IA32_VMX_BASIC[48] says so. */
  readonly structureAddressWidth: number;
  /** Bits of the high half of a physical address that must be 0. */
  readonly reservedAddressHigh: number;
  /** The same for addresses of VMX structures. */
  readonly reservedStructureHigh: number;
  readonly trueControls: boolean;
  readonly insOutsInformation: boolean;
  readonly anyErrorCode: boolean;
  readonly nestedException: boolean;
  readonly controls: Readonly<Record<ControlWord, AllowedSettings>>;
  readonly misc: MiscCapabilities;
  readonly cr0Fixed0: number;
  readonly cr0Fixed1: number;
  readonly cr4Fixed0: number;
  readonly cr4Fixed1: number;
  readonly ept: EptVpidCapabilities;
  /** Supported VM functions, low half. */
  readonly vmFunctions: number;
  /** By dense field index: 1 if the field exists. */
  readonly fieldExists: Uint8Array;
  /** Which IA32_DEBUGCTL, IA32_EFER, IA32_PERF_GLOBAL_CTRL bits may be set by a VM entry. */
  readonly writableMsrBits: WritableMsrBits;
}

/** Bits that the checks of MSR fields accept. */
export interface WritableMsrBits {
  readonly debugctl: number;
  readonly efer: number;
  readonly perfGlobalCtrlLow: number;
  readonly perfGlobalCtrlHigh: number;
}

/** Facts about the processor that are not in the VMX capability MSRs. */
export interface CapabilityOptions {
  readonly linearAddressWidth?: number;
  /** Names of CPUID features as `spec` knows them, for fields that exist with a feature. */
  readonly cpuidFeatures?: ReadonlySet<string>;
  readonly writableMsrBits?: Partial<WritableMsrBits>;
}

const DEFAULT_WRITABLE: WritableMsrBits = {
  debugctl: 0xdfc3,
  efer: 0xd01,
  perfGlobalCtrlLow: 0xff,
  perfGlobalCtrlHigh: 7,
};

function capabilityMsr(msrs: ReadonlyMap<number, bigint>, name: Parameters<typeof msrAddress>[0]): bigint {
  return msrs.get(msrAddress(name)) ?? 0n;
}

/** Bits of the high half that an address of this width may not set. */
export function reservedHighBits(width: number): number {
  return width <= 32 ? -1 : width >= 64 ? 0 : ~(2 ** (width - 32) - 1);
}

function settingsOf(msrs: ReadonlyMap<number, bigint>, word: ControlWord, trueControls: boolean): AllowedSettings {
  const def = controlWordDef(word);
  const name = trueControls && def.trueCapabilityMsr !== undefined ? def.trueCapabilityMsr : def.capabilityMsr;
  const value = capabilityMsr(msrs, name);
  return def.capabilityFormat === "allowed1"
    ? { required: 0, allowed: lo32(value) }
    : { required: lo32(value), allowed: hi32(value) };
}

function canSet(settings: AllowedSettings, bit: number): boolean {
  return ((settings.allowed >>> bit) & 1) !== 0;
}

/** Second-level words exist only where the control that activates them can be set. */
function dropInactive(controls: Record<ControlWord, AllowedSettings>): void {
  const none: AllowedSettings = { required: 0, allowed: 0 };
  if (!canSet(controls.primary, controlBit("primary", "activateSecondaryControls"))) controls.secondary = none;
  if (!canSet(controls.primary, controlBit("primary", "activateTertiaryControls"))) controls.tertiary = none;
  if (!canSet(controls.exit, controlBit("exit", "activateSecondaryVmExitControls"))) controls.secondaryExit = none;
}

function miscOf(value: bigint): MiscCapabilities {
  const activity = Number((value >> 6n) & 7n);
  return {
    preemptionTimerRate: Number(msrFieldOf(VMX_MISC.preemptionTimerRate, value)),
    storeLma: testBit(value, VMX_MISC.storeLma.low),
    activityStates: 1 | (activity << 1),
    cr3TargetValues: Number(msrFieldOf(VMX_MISC.cr3TargetValues, value)),
    vmwriteExitInformation: testBit(value, VMX_MISC.vmwriteExitInformation.low),
    zeroLengthInjection: testBit(value, VMX_MISC.zeroLengthInjection.low),
  };
}

function eptVpidOf(value: bigint): EptVpidCapabilities {
  const entries = Object.entries(VMX_EPT_VPID_CAP)
    .filter(([name]) => name !== "maximumHlatPrefixSize")
    .map(([name, field]) => [name, testBit(value, field.low)]);
  return Object.fromEntries(entries) as EptVpidCapabilities;
}

function existingFields(
  msrs: ReadonlyMap<number, bigint>,
  controls: Readonly<Record<ControlWord, AllowedSettings>>,
  features: ReadonlySet<string>,
): Uint8Array {
  const supports = (requirement: FieldRequirement): boolean => {
    if ("control" in requirement) return canSet(controls[requirement.control], requirement.bit);
    if ("msr" in requirement) return testBit(capabilityMsr(msrs, requirement.msr), requirement.bit);
    return features.has(requirement.cpuid);
  };
  return Uint8Array.from(VMCS_FIELD_NAMES, (name) => (fieldExists(name, supports) ? 1 : 0));
}

/**
 * Reads the capabilities of a processor from its IA32_VMX_* MSRs.
 * @param physicalAddressWidth MAXPHYADDR of that processor
 */
export function createVmxCapabilities(
  msrs: ReadonlyMap<number, bigint>,
  physicalAddressWidth: number,
  options: CapabilityOptions = {},
): VmxCapabilities {
  const basic = capabilityMsr(msrs, "IA32_VMX_BASIC");
  const trueControls = testBit(basic, VMX_BASIC.trueControls.low);
  const structureAddressWidth = testBit(basic, VMX_BASIC.addressesLimitedTo32Bits.low) ? 32 : physicalAddressWidth;
  const controls = Object.fromEntries(
    CONTROL_WORD_NAMES.map((word) => [word, settingsOf(msrs, word, trueControls)]),
  ) as Record<ControlWord, AllowedSettings>;
  dropInactive(controls);
  return {
    msrs,
    physicalAddressWidth,
    linearAddressWidth: options.linearAddressWidth ?? 48,
    revisionId: Number(msrFieldOf(VMX_BASIC.revisionId, basic)),
    regionSize: Number(msrFieldOf(VMX_BASIC.regionSize, basic)),
    structureAddressWidth,
    reservedAddressHigh: reservedHighBits(physicalAddressWidth),
    reservedStructureHigh: reservedHighBits(structureAddressWidth),
    trueControls,
    insOutsInformation: testBit(basic, VMX_BASIC.insOutsInformation.low),
    anyErrorCode: testBit(basic, VMX_BASIC.anyErrorCode.low),
    nestedException: testBit(basic, VMX_BASIC.nestedException.low),
    controls,
    misc: miscOf(capabilityMsr(msrs, "IA32_VMX_MISC")),
    cr0Fixed0: lo32(capabilityMsr(msrs, "IA32_VMX_CR0_FIXED0")),
    cr0Fixed1: lo32(capabilityMsr(msrs, "IA32_VMX_CR0_FIXED1")),
    cr4Fixed0: lo32(capabilityMsr(msrs, "IA32_VMX_CR4_FIXED0")),
    cr4Fixed1: lo32(capabilityMsr(msrs, "IA32_VMX_CR4_FIXED1")),
    ept: eptVpidOf(capabilityMsr(msrs, "IA32_VMX_EPT_VPID_CAP")),
    vmFunctions: lo32(capabilityMsr(msrs, "IA32_VMX_VMFUNC")),
    fieldExists: existingFields(msrs, controls, options.cpuidFeatures ?? new Set()),
    writableMsrBits: { ...DEFAULT_WRITABLE, ...options.writableMsrBits },
  };
}

/** Whether a control may be set to 1: supported, which is not the same as enabled in some VMCS. */
export function supportsControl<W extends ControlWord>(
  capabilities: VmxCapabilities,
  word: W,
  name: ControlName<W>,
): boolean {
  return canSet(capabilities.controls[word], controlBit(word, name));
}
