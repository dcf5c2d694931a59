import type { PolicyAnswers } from "@hvdiff/nested";
import type { ColumnContext } from "./column.ts";
import type { GuestProfile } from "./guest-profile.ts";

/**
 * How sure we are: `captured` from the real product, read in its `source`, `documented` by its vendor, `reported` by third parties,
 * `inferred` by us from one of these, or `assumed`.
 */
export type Confidence = "captured" | "source" | "documented" | "reported" | "inferred" | "assumed";

/** Where a claim can be checked. Source evidence is pinned to a commit or a release. */
export type Evidence =
  | {
      readonly kind: "source";
      readonly repo: string;
      readonly path: string;
      readonly commit: string;
      readonly symbol?: string;
    }
  | { readonly kind: "commit"; readonly repo: string; readonly commit: string; readonly title: string }
  | { readonly kind: "document"; readonly title: string; readonly url?: string; readonly date?: string }
  | { readonly kind: "report"; readonly where: string; readonly title: string; readonly date?: string }
  | { readonly kind: "manual"; readonly sdm?: string; readonly apm?: string };

/**
 * When a capability rule acts. `kernel-supported`: what the L0 kernel or engine can offer at all; `vmm`: what the VMM shows its guest
 * (CPUID, model); `kernel-adjust`: what the kernel takes back because of that CPUID; `vmm-msrs`: capability MSRs the VMM writes.
 */
export type CapabilityStage = "kernel-supported" | "vmm" | "kernel-adjust" | "vmm-msrs";

export const CAPABILITY_STAGES: readonly CapabilityStage[] = ["kernel-supported", "vmm", "kernel-adjust", "vmm-msrs"];

/** A change of what the guest is told. The profile is a draft that the rule edits in place. */
export interface CapabilityRule {
  readonly stage: CapabilityStage;
  apply(profile: GuestProfile, context: ColumnContext): void;
}

/**
 * One documented difference from the architecture. With it switched off, the column does there what the manual says.
 * A quirk has a capability rule, a policy, or both.
 */
export interface Quirk {
  /** `product/area/name`, stable: used in URLs, traces and tests. */
  readonly id: string;
  /** One sentence: what the guest observes that the manual does not say. */
  readonly summary: string;
  /** Ids of what it touches: MSR names, control names, check ids, instructions, CPUID leaves. */
  readonly affects: readonly string[];
  /** First release with it, `"4.20"`; `"≤5.10"` means seen at least there. Absent: always. */
  readonly since?: string;
  /** First release without it. Absent: still there. */
  readonly until?: string;
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
  /** Narrower than the version range: a module parameter, a kind of CPU model, a silicon feature. */
  readonly when?: (context: ColumnContext) => boolean;
  readonly capabilities?: CapabilityRule;
  /** Decision points it answers differently; the architectural answers are `nested`'s defaults. */
  readonly policy?: PolicyAnswers;
  /** Off unless switched on by hand (a defect that never shipped). */
  readonly optIn?: boolean;
  /** Another quirk of the same product that this one overrides on purpose. */
  readonly overrides?: readonly string[];
}

/** Identity with checking: keeps literal types and gives one place to validate in development. */
export function defineQuirk(quirk: Quirk): Quirk {
  return quirk;
}
