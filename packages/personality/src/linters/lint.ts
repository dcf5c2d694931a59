import type { Personality } from "../personality.ts";
import { lintAtLeast } from "./at-least.ts";
import { lintContent } from "./content.ts";
import { lintEvidence } from "./evidence.ts";
import type { Finding, Linter } from "./finding.ts";
import { lintIds } from "./ids.ts";
import { lintOverlap } from "./overlap.ts";
import { lintRanges } from "./ranges.ts";
import { lintReleases } from "./releases.ts";
import { lintReported } from "./reported.ts";
import { lintSummary } from "./summary.ts";

const LINTERS: readonly Linter[] = [
  lintIds,
  lintReleases,
  lintRanges,
  lintOverlap,
  lintEvidence,
  lintSummary,
  lintAtLeast,
  lintReported,
  lintContent,
];

/** Everything that is wrong with the personalities' data. */
export function lintPersonalities(personalities: readonly Personality[]): Finding[] {
  return personalities.flatMap((personality) => LINTERS.flatMap((linter) => linter(personality, personalities)));
}
