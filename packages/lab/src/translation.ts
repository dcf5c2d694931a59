import { PERSONALITIES } from "./products.ts";
import type { ResolvedColumn } from "./resolved-column.ts";

/** What others have measured of a column's product that runs its guest by binary translation; null for one that does not. */
export function translationOf({ spec }: Pick<ResolvedColumn, "spec">): string | null {
  const product = PERSONALITIES.find((personality) => personality.product === spec.product);
  return product?.translates?.published ?? null;
}

/** How many hypervisors of a stack lie below the topmost one that translates: nothing that is above them comes to them. */
export function levelsBelow({ levels }: ResolvedColumn): number {
  return Math.max(0, levels?.findLastIndex((level) => translationOf(level) !== null) ?? 0);
}

const LEVEL = /^l(\d+)\./;

/** A run that was made without the levels below, its counters with the levels' numbers in the whole stack. */
export function withLevelsBelow<R extends { readonly counters: Readonly<Record<string, number>> }>(
  run: R,
  column: ResolvedColumn,
): R {
  const below = levelsBelow(column);
  if (below === 0) return run;
  const isLone = below === column.levels!.length - 1;
  const renamed = (name: string): string => {
    if (name === "instructions" || name === "events") return name;
    return isLone ? `l${below}.${name}` : name.replace(LEVEL, (_, level: string) => `l${Number(level) + below}.`);
  };
  const counters = Object.entries(run.counters).map(([name, count]) => [renamed(name), count] as const);
  return { ...run, counters: Object.fromEntries(counters) };
}
