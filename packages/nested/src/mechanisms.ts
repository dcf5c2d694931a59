import type { VmcsField } from "@hvdiff/spec";

/** Fields of vmcs12 that L1 finds in a shadow VMCS. */
export interface ShadowedFields {
  /** VMREAD does not exit. */
  readonly readOnly: readonly VmcsField[];
  /** Neither VMREAD nor VMWRITE exits. */
  readonly readWrite: readonly VmcsField[];
  /** Whether encodings that name no field do not exit either: silicon itself makes such an instruction fail. */
  readonly unknownEncodings: boolean;
}

/**
 * How an L0 does its work where no guest can notice. `NestedPolicy` is what L1 sees; this decides only what it costs.
 */
export interface Mechanisms {
  /** What silicon shadows for L1, where it can (SDM 3C "VMCS Shadowing"); null: each VMREAD and VMWRITE of L1 exits. */
  readonly shadowedFields: ShadowedFields | null;
  /** Silicon shadows for L2 too, where L1 has linked a shadow VMCS; otherwise each VMREAD and VMWRITE of L2 exits. */
  readonly virtualizesShadowing: boolean;
}

export const PLAIN_MECHANISMS: Mechanisms = { shadowedFields: null, virtualizesShadowing: false };
