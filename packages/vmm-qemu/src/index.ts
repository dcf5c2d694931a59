import type { ColumnSpec, Personality } from "@hvdiff/personality";
import { CPUID_FEATURE_NAMES } from "@hvdiff/spec";
import { NAMED_MODELS } from "./models/named-models.ts";
import { VMX_FEATURES } from "./models/vmx-features.ts";
import { CPUID_LEAF_QUIRKS } from "./quirks/cpuid-leaves.ts";
import { CPUID_MODEL_QUIRKS } from "./quirks/cpuid-model.ts";
import { ENLIGHTENMENT_FLAGS, ENLIGHTENMENT_QUIRKS, refuseEnlightenments } from "./quirks/enlightenments.ts";
import { REGISTER_QUIRKS } from "./quirks/registers.ts";
import { VMX_MODEL_QUIRKS } from "./quirks/vmx-model.ts";
import { QEMU_RELEASES } from "./releases.ts";
import { SPECIAL_MODELS } from "./resolve-model.ts";
import { runLoop } from "./run-loop.ts";

const VERSIONED_MODELS_SINCE = 4.1;

/** Why QEMU would not start with a column's model; undefined if it would. */
function refuseQemu({ vmm }: ColumnSpec): string | undefined {
  if (vmm === null) return undefined;
  const refused = refuseEnlightenments(vmm.flags, vmm.version);
  if (refused !== undefined) return refused;
  if (!/-v\d+$/.test(vmm.model) || Number(vmm.version) >= VERSIONED_MODELS_SINCE) return undefined;
  return `qemu@${vmm.version} has no versioned models such as ${vmm.model}; they came with 4.1`;
}

/** QEMU as the VMM half of a KVM column: CPU models, flags, and the capability MSRs it writes. */
export const qemu: Personality = {
  product: "qemu",
  title: "QEMU",
  kind: "vmm",
  basis: "source",
  releases: QEMU_RELEASES,
  parameters: [],
  models: [...SPECIAL_MODELS, ...NAMED_MODELS.keys()],
  flags: [
    "phys-bits",
    "host-phys-bits",
    "kvm",
    "pmu",
    ...ENLIGHTENMENT_FLAGS,
    ...CPUID_FEATURE_NAMES,
    ...VMX_FEATURES.keys(),
  ],
  quirks: [
    ...CPUID_MODEL_QUIRKS,
    ...CPUID_LEAF_QUIRKS,
    ...VMX_MODEL_QUIRKS,
    ...ENLIGHTENMENT_QUIRKS,
    ...REGISTER_QUIRKS,
  ],
  vmmHalf: runLoop,
  refuse: refuseQemu,
};
