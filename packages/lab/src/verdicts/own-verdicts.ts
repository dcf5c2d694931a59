import type { PlacedVerdict } from "./suite-output.ts";

const VERDICT = /^verdict ([a-z0-9.-]+) = (.*)$/;
/** With a colon it is kvm-unit-tests'. */
const SKIPPED = /^SKIP\b(?!:) ?(.*)$/;

/** `verdict id = value` lines and `SKIP reason` of our own images. */
export function parseOwnVerdicts(lines: readonly string[]): PlacedVerdict[] {
  return lines.flatMap((line, at): PlacedVerdict[] => {
    const verdict = VERDICT.exec(line);
    if (verdict !== null) return [{ id: verdict[1]!, value: verdict[2]!, line: at }];
    const skipped = SKIPPED.exec(line);
    return skipped === null ? [] : [{ id: "skip", value: skipped[1]!, status: "skip", line: at }];
  });
}
