import type { ColumnSpec } from "@hvdiff/personality";

/** Why hvdiff cannot run a KVM column; undefined if it can. */
export function refuseKvm(spec: ColumnSpec): string | undefined {
  if (spec.parameters.get("ept") === "0") return "shadow paging is not modelled yet, so ept=0 cannot be run";
  return undefined;
}
