import type { Personality } from "../personality.ts";
import type { Quirk } from "../quirk.ts";
import { compareVersions } from "../versions.ts";
import type { Finding, Linter } from "./finding.ts";

/** No two quirks that can be active in one release answer the same decision point, unless one says that it overrides the other. */
export const lintOverlap: Linter = (personality) => {
  const byPoint = new Map<string, Quirk[]>();
  for (const quirk of personality.quirks)
    for (const point of pointsOf(quirk)) byPoint.set(point, [...(byPoint.get(point) ?? []), quirk]);
  return [...byPoint].flatMap(([point, quirks]) => conflicts(personality, point, quirks));
};

function pointsOf(quirk: Quirk): string[] {
  return Object.entries(quirk.policy ?? {}).flatMap(([point, answer]) => {
    if (Array.isArray(answer)) return [];
    return isRecord(answer) ? Object.keys(answer).map((part) => `${point}.${part}`) : [point];
  });
}

function isRecord(answer: unknown): answer is Record<string, unknown> {
  return typeof answer === "object" && answer !== null;
}

function conflicts(personality: Personality, point: string, quirks: readonly Quirk[]): Finding[] {
  return quirks.flatMap((quirk, i) =>
    quirks.slice(i + 1).flatMap((other) => {
      if (other.overrides?.includes(quirk.id) || quirk.overrides?.includes(other.id)) return [];
      if (quirk.when !== undefined || other.when !== undefined) return [];
      const shared = personality.releases.find(({ version }) => covers(quirk, version) && covers(other, version));
      if (shared === undefined) return [];
      const message = `answers ${point} in ${shared.version} as does ${other.id}`;
      return [{ linter: "overlap", subject: quirk.id, message }];
    }),
  );
}

function covers({ since, until }: Quirk, version: string): boolean {
  const begun = since === undefined || since.startsWith("≤") || compareVersions(version, since) >= 0;
  return begun && (until === undefined || compareVersions(version, until) < 0);
}
