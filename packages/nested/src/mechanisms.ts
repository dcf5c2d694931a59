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

/** MSRs of L2 that an L0 lets through to silicon: vmcs02 has an MSR bitmap of its own. */
export interface MsrBitmapMerge {
  /** These do not exit where L1 leaves them to L2; all others do. */
  readonly passedThrough: readonly number[];
  /** The bitmap is not made again while the enlightened VMCS says that L1's has not changed. */
  readonly heedsEnlightenment: boolean;
  /** There is one only for an enlightened VMCS that says so. */
  readonly onlyEnlightened: boolean;
}

/**
 * How an L0 does its work where no guest can notice. `NestedPolicy` is what L1 sees; this decides only what it costs.
 */
export interface Mechanisms {
  /** What silicon shadows for L1, where it can (SDM 3C "VMCS Shadowing"); null: each VMREAD and VMWRITE of L1 exits. */
  readonly shadowedFields: ShadowedFields | null;
  /** Silicon shadows for L2 too, where L1 has linked a shadow VMCS; otherwise each VMREAD and VMWRITE of L2 exits. */
  readonly virtualizesShadowing: boolean;
  /** Null: every MSR access of L2 exits, but those that silicon virtualizes for an APIC. */
  readonly msrBitmap: MsrBitmapMerge | null;
  /** On a hypervisor that recommends enlightened VMCSs its own VMCSs are such ones. */
  readonly usesEnlightenedVmcs: boolean;
  /** On a hypervisor that offers hypercalls for it, it makes such a one where it would execute INVEPT. */
  readonly flushesByHypercall: boolean;
}

export const PLAIN_MECHANISMS: Mechanisms = {
  shadowedFields: null,
  virtualizesShadowing: false,
  msrBitmap: null,
  usesEnlightenedVmcs: false,
  flushesByHypercall: false,
};
