import type { ColumnContext } from "./column.ts";

/** Whether the silicon has SVM: a condition for quirks that AMD's processors alone can show. */
export function onSvm({ silicon }: ColumnContext): boolean {
  return silicon.vendor === "amd";
}
