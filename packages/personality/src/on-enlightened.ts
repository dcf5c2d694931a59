import { recommendsEnlightenedVmcs } from "@hvdiff/nested";
import type { ColumnContext } from "./column.ts";

/** Whether the column stands on a hypervisor that recommends enlightened VMCSs. */
export function onEnlightened({ silicon }: ColumnContext): boolean {
  return recommendsEnlightenedVmcs(silicon);
}
