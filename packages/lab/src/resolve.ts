import type { CpuModel } from "@hvdiff/cpu";
import {
  activeQuirks,
  type ColumnContext,
  ColumnError,
  type ColumnSpec,
  type Confidence,
  columnContext,
  parseColumn,
  type Quirk,
} from "@hvdiff/personality";
import { type RunOptions, UsageError } from "./api.ts";
import { DEFAULT_CPU, PERSONALITIES } from "./products.ts";
import { siliconOf } from "./silicon/silicon.ts";

/** A column on its silicon with the quirks that are on. */
export interface ResolvedColumn {
  /** As the user spelled it. */
  readonly text: string;
  readonly spec: ColumnSpec;
  readonly context: ColumnContext;
  readonly quirks: readonly Quirk[];
}

/** The silicon that `--cpu` names. Errors: `UsageError` with the nearest names. */
export function resolveCpu(options: RunOptions): CpuModel {
  return siliconOf(options.cpu ?? DEFAULT_CPU);
}

/** Parses a column and finds its quirks. Errors: `UsageError`. */
export function resolveColumn(text: string, silicon: CpuModel, options: RunOptions): ResolvedColumn {
  return usage(() => {
    const spec = parseColumn(text, PERSONALITIES);
    const context = columnContext(spec, silicon, PERSONALITIES);
    return { text, spec, context, quirks: activeQuirks(context, PERSONALITIES, overridesOf(options)) };
  });
}

function overridesOf(options: RunOptions): { add: Set<string>; remove: Set<string> } {
  const add = new Set<string>();
  const remove = new Set<string>();
  for (const text of options.quirks ?? []) {
    const sign = text[0];
    if (sign !== "+" && sign !== "-") throw new UsageError(`quirk "${text}" needs a sign: +id switches on, -id off`);
    (sign === "+" ? add : remove).add(text.slice(1));
  }
  return { add, remove };
}

/** How the column's product is known; null for metal and ideal, which are hvdiff's own. */
export function basisOf(column: ResolvedColumn): Confidence | null {
  return PERSONALITIES.find((personality) => personality.product === column.spec.product)?.basis ?? null;
}

/** Turns the personalities' errors about names into the user's. */
function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ColumnError) throw new UsageError(error.message);
    throw error;
  }
}
