import { ARCHITECTURAL_POLICY, type NestedPolicy, POLICY_GROUPS } from "@hvdiff/nested";
import type { Quirk } from "./quirk.ts";

/** Two quirks that answer the same decision point without saying which wins: a mistake in the data. */
export class PolicyConflict extends Error {
  override readonly name = "PolicyConflict";
}

type Answers = Record<string, unknown>;

const GROUPS = new Set<string>(POLICY_GROUPS);

/**
 * The architectural policy with every quirk's answers put in. Lists are joined; groups such as `vmxInstructions` are merged point by
 * point; any point takes one quirk's answer, and a second needs `overrides`.
 */
export function mergePolicy(quirks: readonly Quirk[]): NestedPolicy {
  const merged: Answers = { ...ARCHITECTURAL_POLICY };
  const owners = new Map<string, Quirk>();
  for (const quirk of quirks) {
    for (const [point, answer] of Object.entries(quirk.policy ?? {})) {
      if (Array.isArray(answer)) merged[point] = [...new Set([...(merged[point] as unknown[]), ...answer])];
      else if (GROUPS.has(point))
        merged[point] = mergeGroup(merged[point] as Answers, answer as Answers, { point, quirk, owners });
      else if (claims(point, quirk, owners)) merged[point] = answer;
    }
  }
  return merged as unknown as NestedPolicy;
}

function mergeGroup(
  base: Answers,
  answers: Answers,
  { point, quirk, owners }: { point: string; quirk: Quirk; owners: Map<string, Quirk> },
): Answers {
  const merged = { ...base };
  for (const [part, answer] of Object.entries(answers))
    if (claims(`${point}.${part}`, quirk, owners)) merged[part] = answer;
  return merged;
}

function claims(point: string, quirk: Quirk, owners: Map<string, Quirk>): boolean {
  const owner = owners.get(point);
  if (owner !== undefined && !quirk.overrides?.includes(owner.id)) {
    if (owner.overrides?.includes(quirk.id)) return false;
    throw new PolicyConflict(
      `quirks ${owner.id} and ${quirk.id} both answer "${point}" and neither overrides the other`,
    );
  }
  owners.set(point, quirk);
  return true;
}
