import type { ColumnContext, ColumnSpec } from "./column.ts";
import { ColumnError } from "./column-error.ts";
import { personalitiesOf } from "./context.ts";
import { nearestHint } from "./nearest.ts";
import type { Personality } from "./personality.ts";
import type { Quirk } from "./quirk.ts";
import { compareVersions } from "./versions.ts";

/** Quirks switched by hand (`--quirk ±id`) or by ablation. */
export interface QuirkOverrides {
  readonly add: ReadonlySet<string>;
  readonly remove: ReadonlySet<string>;
}

/** Product a quirk belongs to: the first part of its id. */
export function productOfQuirk(quirk: Quirk): string {
  return quirk.id.slice(0, quirk.id.indexOf("/"));
}

/**
 * Whether a column's release is in a quirk's range. A `since` of `≤5.10` claims nothing about earlier releases but that the quirk
 * was already there in 5.10; earlier ones are taken to have it too.
 */
export function quirkActive(quirk: Quirk, spec: ColumnSpec): boolean {
  const version = versionFor(productOfQuirk(quirk), spec);
  if (version === undefined) return false;
  const { since, until } = quirk;
  const begun = since === undefined || since.startsWith("≤") || compareVersions(version, since) >= 0;
  return begun && (until === undefined || compareVersions(version, until) < 0);
}

/** The quirks of a column: those in range whose condition holds, with overrides applied, in declared order. */
export function activeQuirks(
  context: ColumnContext,
  personalities: readonly Personality[],
  overrides: QuirkOverrides = { add: new Set(), remove: new Set() },
): Quirk[] {
  const candidates = personalitiesOf(context.spec, personalities).flatMap((personality) => personality.quirks);
  checkOverrides(candidates, personalities, overrides);
  return candidates.filter((quirk) => {
    if (overrides.remove.has(quirk.id)) return false;
    if (overrides.add.has(quirk.id)) return true;
    return quirk.optIn !== true && quirkActive(quirk, context.spec) && (quirk.when?.(context) ?? true);
  });
}

function versionFor(product: string, spec: ColumnSpec): string | undefined {
  if (product === spec.product) return spec.version;
  return product === spec.vmm?.product ? spec.vmm.version : undefined;
}

function checkOverrides(
  candidates: readonly Quirk[],
  personalities: readonly Personality[],
  overrides: QuirkOverrides,
): void {
  const known = new Set(personalities.flatMap((personality) => personality.quirks.map((quirk) => quirk.id)));
  for (const id of [...overrides.add, ...overrides.remove]) {
    if (!known.has(id) && !candidates.some((quirk) => quirk.id === id))
      throw new ColumnError(`unknown quirk "${id}"${nearestHint(id, [...known])}`);
  }
}
