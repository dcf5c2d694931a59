import { compareVersions } from "../versions.ts";
import type { Finding, Linter } from "./finding.ts";

/** Every `since` and `until` is a release of the product, in order. */
export const lintRanges: Linter = (personality) => {
  const versions = new Set(personality.releases.map((release) => release.version));
  return personality.quirks.flatMap(({ id, since, until }) => {
    const findings: Finding[] = [];
    const report = (message: string): number => findings.push({ linter: "ranges", subject: id, message });
    for (const version of [since?.replace(/^≤/, ""), until]) {
      if (version !== undefined && !versions.has(version)) report(`${version} is not a release`);
    }
    if (since !== undefined && until !== undefined && compareVersions(since, until) >= 0)
      report(`begins with ${since}, not before its end ${until}`);
    return findings;
  });
};
