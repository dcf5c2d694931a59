/**
 * The decision points of nested virtualization where products differ from silicon. Each has the architectural answer as its default
 * (`ARCHITECTURAL_POLICY`); a quirk replaces one. A policy is data or a small function of what it is handed, never of a product's name.
 */
export interface NestedPolicy {
  /** Ids of VM-entry checks that the L0 does not make itself on vmcs12 (silicon still checks vmcs02). */
  readonly skippedEntryChecks: readonly string[];
}

export const ARCHITECTURAL_POLICY: NestedPolicy = {
  skippedEntryChecks: [],
};
