import type { ColumnContext } from "@hvdiff/personality";
import { type CpuidFeature, isCpuidFeature } from "@hvdiff/spec";
import { familyAndModel, type QemuModel } from "./models/model.ts";
import { NAMED_MODELS } from "./models/named-models.ts";
import type { VmxFeature } from "./models/vmx-features.ts";

/** Models that are not a table of QEMU's: the host's own features, and libvirt's choice. */
export const SPECIAL_MODELS: readonly string[] = ["host", "max", "host-model"];

/** A column's `-cpu` option, resolved. */
export interface ResolvedModel {
  /** The named definition that gives signature, brand and VMX features; null for `host` and `max`. */
  readonly named: QemuModel | null;
  /** Whether CPUID features are limited to the named definition's; `host-model` adds the host's. */
  readonly limitsFeatures: boolean;
}

/** Families as libvirt would match them: the oldest named model that fits the silicon's family and model. */
const NEAREST: Readonly<Record<number, readonly (readonly [name: string, models: readonly number[]])[]>> = {
  6: [
    ["Nehalem", [26, 30, 31, 46]],
    ["Westmere", [37, 44, 47]],
    ["SandyBridge", [42, 45]],
    ["IvyBridge", [58, 62]],
    ["Haswell", [60, 63, 69, 70]],
    ["Broadwell", [61, 71, 79, 86]],
    ["Skylake-Client", [78, 94, 142, 158, 165, 166]],
    ["Skylake-Server", [85]],
    ["Icelake-Server", [106, 108, 125, 126]],
    ["SapphireRapids", [143]],
  ],
  16: [["Opteron_G3", [2, 4, 5, 6, 8, 9, 10]]],
  21: [
    ["Opteron_G4", [1]],
    ["Opteron_G5", [2]],
  ],
  23: [
    ["EPYC", [1]],
    ["EPYC-Rome", [49]],
  ],
  25: [
    ["EPYC-Milan", [1]],
    ["EPYC-Genoa", [17]],
  ],
};

/** What a column's CPU model means on its silicon. */
export function resolveModel(context: ColumnContext): ResolvedModel {
  const name = context.spec.vmm?.model ?? "host-model";
  if (name === "host" || name === "max") return { named: null, limitsFeatures: false };
  if (name === "host-model") return { named: nearestModel(context), limitsFeatures: false };
  return { named: NAMED_MODELS.get(name) ?? null, limitsFeatures: true };
}

/** Definition that `host-model` starts from on a silicon: libvirt takes the nearest and adds the host's CPUID flags. */
function nearestModel({ silicon }: ColumnContext): QemuModel {
  const { family, model } = familyAndModel(silicon.cpuid.find(({ leaf }) => leaf === 1)?.eax ?? 0);
  const [name] = NEAREST[family]?.find(([, models]) => models.includes(model)) ?? ["qemu64"];
  return NAMED_MODELS.get(name) as QemuModel;
}

/** Value of a flag of the column: `on`, `off`, a number, or undefined. */
export function flagOf(context: ColumnContext, name: string): string | undefined {
  return context.spec.vmm?.flags.get(name);
}

/**
 * CPUID features that a model allows, with the column's `=on` flags. QEMU switches x2APIC on for every model under KVM; VMX or SVM is
 * taken as switched on, as by everybody who nests. What follows the topology is not the model's business.
 */
export function allowedFeatures(context: ColumnContext, named: QemuModel): Set<CpuidFeature> {
  const features = new Set<CpuidFeature>([...named.features, "x2apic", "vmx", "svm", "ht", "hypervisor"]);
  for (const [name, value] of context.spec.vmm?.flags ?? [])
    if (value === "on" && isCpuidFeature(name)) features.add(name);
  return features;
}

/** VMX features that a model has, with the column's `vmx-…=on` flags. */
export function allowedVmxFeatures(context: ColumnContext, named: QemuModel): Set<VmxFeature> {
  const features = new Set(named.vmx);
  for (const [name, value] of context.spec.vmm?.flags ?? []) if (value === "on") features.add(name as VmxFeature);
  return features;
}

/** Physical-address width that QEMU gives a model that does not take the host's. */
export const DEFAULT_PHYSICAL_BITS = 40;

/** The width a column asks for; undefined where it is the host's. */
export function physicalBits(context: ColumnContext): number | undefined {
  const asked = flagOf(context, "phys-bits");
  if (asked !== undefined) return Number(asked);
  const hostWidth = flagOf(context, "host-phys-bits") ?? (resolveModel(context).named === null ? "on" : "off");
  return hostWidth === "on" ? undefined : DEFAULT_PHYSICAL_BITS;
}
