import type { CpuidFeature } from "@hvdiff/spec";
import type { VmxFeature } from "./vmx-features.ts";

/** A CPU model as QEMU defines it. */
export interface QemuModel {
  /** As `-cpu` takes it. */
  readonly name: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly brand: string;
  /** Highest basic leaf. */
  readonly level: number;
  /** Highest extended leaf. */
  readonly extendedLevel: number;
  readonly features: ReadonlySet<CpuidFeature>;
  readonly vmx: ReadonlySet<VmxFeature>;
}

/** What a later version of a model changes over the one before it. */
export interface QemuModelVersion {
  readonly alias?: string;
  readonly on?: readonly CpuidFeature[];
  readonly off?: readonly CpuidFeature[];
  readonly vmxOn?: readonly VmxFeature[];
  readonly brand?: string;
  readonly stepping?: number;
  readonly model?: number;
}

/** The base model's names: itself, and each version as `-vN` and under its alias. Unversioned means version 1. */
export function versionsOf(base: QemuModel, versions: readonly QemuModelVersion[]): QemuModel[] {
  const named: QemuModel[] = [base, { ...base, name: `${base.name}-v1` }];
  let previous = base;
  versions.forEach((change, index) => {
    previous = { ...changed(previous, change), name: `${base.name}-v${index + 2}` };
    named.push(previous);
    if (change.alias !== undefined) named.push({ ...previous, name: change.alias });
  });
  return named;
}

function changed(from: QemuModel, change: QemuModelVersion): QemuModel {
  const features = new Set(from.features);
  for (const feature of change.on ?? []) features.add(feature);
  for (const feature of change.off ?? []) features.delete(feature);
  return {
    ...from,
    features,
    vmx: new Set([...from.vmx, ...(change.vmxOn ?? [])]),
    brand: change.brand ?? from.brand,
    stepping: change.stepping ?? from.stepping,
    model: change.model ?? from.model,
  };
}

/** CPUID leaf 1 EAX of a model; display family and model as the manual splits them. */
export function signatureOf({ family, model, stepping }: Pick<QemuModel, "family" | "model" | "stepping">): number {
  const baseFamily = family > 15 ? (15 << 8) | ((family - 15) << 20) : family << 8;
  return (baseFamily | ((model & 0xf) << 4) | ((model >> 4) << 16) | stepping) >>> 0;
}

/** Display family and model of CPUID leaf 1 EAX. */
export function familyAndModel(signature: number): { readonly family: number; readonly model: number } {
  const family = (signature >>> 8) & 0xf;
  const model = ((signature >>> 4) & 0xf) | ((signature >>> 12) & 0xf0);
  return { family: family === 0xf ? family + ((signature >>> 20) & 0xff) : family, model };
}

/** Names in one text, for tables. */
export function words<T extends string>(text: string): T[] {
  return text.split(/\s+/).filter((word) => word !== "") as T[];
}
