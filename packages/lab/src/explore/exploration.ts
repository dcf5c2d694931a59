import type { Machine, ScheduledEvent } from "@hvdiff/machine";
import type { ResolvedColumn } from "../resolved-column.ts";
import type { Session } from "../session.ts";
import type { Property } from "./property.ts";
import type { Undisturbed } from "./search.ts";
import type { TreeBuilder } from "./tree.ts";

/** What a search works with. */
export interface Exploration {
  readonly session: Session;
  readonly column: ResolvedColumn;
  /** At the start of its run, whenever nobody searches. */
  readonly machine: Machine;
  readonly property: Property;
  readonly events: readonly ScheduledEvent[];
  /** Null where nobody asked for it. */
  readonly tree: TreeBuilder | null;
  /** Another machine like it. */
  another(): Machine;
  /** Null until it is needed. */
  undisturbed: Undisturbed | null;
}
