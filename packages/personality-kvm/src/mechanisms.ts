import type { ColumnContext, Mechanisms } from "@hvdiff/personality";
import { msrAddress } from "@hvdiff/spec";
import { shadowedFields } from "./shadow-fields-table.ts";

/** What KVM lets L2 do by itself where L1 does (nested_vmx_prepare_msr_bitmap; since Linux d69129b4e46a of 2019). */
const PASSED_THROUGH = (["IA32_FS_BASE", "IA32_GS_BASE", "IA32_KERNEL_GS_BASE"] as const).map(msrAddress);

/** How KVM works inside: what a kernel and its module parameters make of it. */
export function kvmMechanisms(context: ColumnContext): Partial<Mechanisms> {
  const shadows = context.parameter("enable_shadow_vmcs") === "1";
  return {
    shadowedFields: shadows ? shadowedFields(context.spec.version) : null,
    virtualizesShadowing: shadows && context.parameter("virtualize_shadow_vmcs") === "1",
    msrBitmap: {
      passedThrough: context.atLeast("5.3") ? PASSED_THROUGH : [],
      // Linux 502d2bf5f2fd
      heedsEnlightenment: context.atLeast("5.17"),
      onlyEnlightened: false,
    },
    usesEnlightenedVmcs: context.parameter("enlightened_vmcs") === "1",
    // Linux 877ad952be3d
    flushesByHypercall: context.atLeast("4.19"),
  };
}
