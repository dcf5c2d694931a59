import type { ColumnContext, Mechanisms } from "@hvdiff/personality";
import { shadowedFields } from "./shadow-fields-table.ts";

/** How KVM works inside: what a kernel and its module parameters make of it. */
export function kvmMechanisms(context: ColumnContext): Partial<Mechanisms> {
  const shadows = context.parameter("enable_shadow_vmcs") === "1";
  return {
    shadowedFields: shadows ? shadowedFields(context.spec.version) : null,
    virtualizesShadowing: shadows && context.parameter("virtualize_shadow_vmcs") === "1",
  };
}
