import { ARCHITECTURAL_POLICY, type NestedPolicy } from "@hvdiff/nested";
import type { Quirk } from "./quirk.ts";

/** Two quirks that answer the same decision point without saying which wins: a mistake in the data. */
export class PolicyConflict extends Error {
  override readonly name = "PolicyConflict";
}

/**
 * The architectural policy with every quirk's answers put in. Lists are joined; any other decision point takes one quirk's answer,
 * and a second needs `overrides`.
 */
export function mergePolicy(quirks: readonly Quirk[]): NestedPolicy {
  const merged: Record<string, unknown> = { ...ARCHITECTURAL_POLICY };
  const owners = new Map<string, Quirk>();
  for (const quirk of quirks) {
    for (const [point, answer] of Object.entries(quirk.policy ?? {})) {
      if (Array.isArray(answer)) {
        merged[point] = [...new Set([...(merged[point] as unknown[]), ...answer])];
        continue;
      }
      if (!mayReplace(quirk, owners.get(point), point)) continue;
      merged[point] = answer;
      owners.set(point, quirk);
    }
  }
  return merged as unknown as NestedPolicy;
}

function mayReplace(quirk: Quirk, owner: Quirk | undefined, point: string): boolean {
  if (owner === undefined || quirk.overrides?.includes(owner.id)) return true;
  if (owner.overrides?.includes(quirk.id)) return false;
  throw new PolicyConflict(`quirks ${owner.id} and ${quirk.id} both answer "${point}" and neither overrides the other`);
}
