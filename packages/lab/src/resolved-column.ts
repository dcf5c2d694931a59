import type { ColumnContext, ColumnSpec, Quirk } from "@hvdiff/personality";

/** A column on its silicon with the quirks that are on. */
export interface ResolvedColumn {
  /** As the user spelled it. */
  readonly text: string;
  /** Of a stack: the top hypervisor's, but for the text. */
  readonly spec: ColumnSpec;
  readonly context: ColumnContext;
  /** Of a stack: those of all levels, each once. */
  readonly quirks: readonly Quirk[];
  /** Hypervisors that stand on each other, from the bottom up; null where there is one, or none. */
  readonly levels: readonly ResolvedColumn[] | null;
}
