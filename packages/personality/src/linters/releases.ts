import { compareVersions, isVersion } from "../versions.ts";
import type { Finding, Linter } from "./finding.ts";

/** Releases are dotted numbers with ISO dates, oldest first. */
export const lintReleases: Linter = ({ product, releases }) => {
  const findings: Finding[] = [];
  const report = (message: string): number => findings.push({ linter: "releases", subject: product, message });
  releases.forEach(({ version, date }, i) => {
    if (!isVersion(version)) report(`"${version}" is not a dotted number`);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) report(`${version} has no ISO date`);
    const previous = releases[i - 1];
    if (previous === undefined) return;
    if (compareVersions(previous.version, version) >= 0) report(`${version} is not after ${previous.version}`);
    if (previous.date >= date) report(`${version} is dated before ${previous.version}`);
  });
  return findings;
};
