import {
  bit,
  CONTROL_WORD_NAMES,
  type ControlWord,
  controlWordDef,
  type MsrFieldDefs,
  type MsrName,
  VMX_BASIC,
  VMX_EPT_VPID_CAP,
  VMX_MISC,
  VMX_VMFUNC,
} from "@hvdiff/spec";

/** A VMX feature by QEMU's name: `vmx-xsaves`. */
export type VmxFeature = `vmx-${string}`;

/** Where a VMX feature stands: a control, or a bit of a capability MSR. */
export type VmxFeaturePlace =
  | { readonly kind: "control"; readonly word: ControlWord; readonly control: string; readonly title: string }
  | { readonly kind: "msr"; readonly msr: MsrName; readonly mask: bigint; readonly title: string };

/** QEMU's own name for features that its tables and the manual's differ about. */
const SPELLED_TWICE = new Map<string, VmxFeature>([
  ["invvpidSingleContext", "vmx-invvpid-single-context"],
  ["invvpidSingleContextRetainingGlobals", "vmx-invvpid-single-context-noglobals"],
]);

function controlPlaces(word: ControlWord): [VmxFeature, VmxFeaturePlace][] {
  return Object.entries(controlWordDef(word).bits).flatMap(([control, { qemu, sdmName }]) =>
    qemu === undefined ? [] : [[qemu as VmxFeature, { kind: "control", word, control, title: sdmName }]],
  );
}

function fieldPlaces(msr: MsrName, fields: MsrFieldDefs): [VmxFeature, VmxFeaturePlace][] {
  return Object.entries(fields).flatMap(([key, { qemu, low, title }]) =>
    qemu === undefined
      ? []
      : [[SPELLED_TWICE.get(key) ?? (qemu as VmxFeature), { kind: "msr", msr, mask: bit(low), title }]],
  );
}

/** Every VMX feature that QEMU has a name for. */
export const VMX_FEATURES: ReadonlyMap<VmxFeature, VmxFeaturePlace> = new Map([
  ...CONTROL_WORD_NAMES.flatMap(controlPlaces),
  ...fieldPlaces("IA32_VMX_BASIC", VMX_BASIC),
  ...fieldPlaces("IA32_VMX_MISC", VMX_MISC),
  ...fieldPlaces("IA32_VMX_EPT_VPID_CAP", VMX_EPT_VPID_CAP),
  ...fieldPlaces("IA32_VMX_VMFUNC", VMX_VMFUNC),
]);

/** The part of a feature's name that quirk ids use: `vmx-apicv-x2apic` is `x2apic`. */
export function vmxFeatureSlug(feature: VmxFeature): string {
  return feature.replace(/^vmx-(apicv-)?/, "");
}
