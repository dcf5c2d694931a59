import type { Mechanisms } from "@hvdiff/nested";
import type { ColumnContext, ColumnSpec } from "./column.ts";
import type { VmmHalf } from "./kvm-api.ts";
import type { Confidence, Quirk } from "./quirk.ts";

/** One release of a product. */
export interface Release {
  /** `"6.1"`: mainline X.Y.0 without stable back-ports. */
  readonly version: string;
  /** ISO date of the release. */
  readonly date: string;
}

/** A module parameter or option with its values. */
export interface Parameter {
  readonly name: string;
  readonly summary: string;
  /** Value in a release when the column does not say. */
  defaultFor(version: string): string;
  readonly values: readonly string[];
}

/** An L0 product: its releases, parameters and quirks. A VMM half is one too (`kind: "vmm"`). */
export interface Personality {
  readonly product: string;
  readonly title: string;
  readonly kind: "l0" | "vmm";
  /** How the product is known where no quirk says more: a closed one is `reported` at best. */
  readonly basis: Confidence;
  readonly releases: readonly Release[];
  readonly parameters: readonly Parameter[];
  readonly quirks: readonly Quirk[];
  /** VMM: CPU models it knows, for validation and suggestions. */
  readonly models?: readonly string[];
  /** VMM: accepted flags beside CPU feature names. */
  readonly flags?: readonly string[];
  /** Whether an L0 product takes a VMM half, and which is the default. */
  readonly vmm?: string;
  /** VMM: its loop around KVM_RUN. */
  readonly vmmHalf?: VmmHalf;
  /** How the product does its work where no guest can notice: what it costs. Absent: as an L0 does that takes no pains. */
  mechanisms?(context: ColumnContext): Partial<Mechanisms>;
  /**
   * Runs its guest by binary translation and not by VMX or SVM: what the guest does exits nowhere below. `published`: what others have measured.
   */
  readonly translates?: { readonly published: string };
  /** Why this column cannot be run, in one line; undefined if it can. */
  refuse?(spec: ColumnSpec): string | undefined;
}
