import type { Verdict } from "./results.ts";

const OURS = /^verdict ([a-z0-9.-]+) = (.*)$/;
const KVM_UNIT_TESTS = /^(PASS|FAIL|SKIP|XFAIL|XPASS): (.+)$/;
const SKIPPED = /^SKIP\b ?(.*)$/;

/**
 * Verdicts in a guest's serial output: `verdict id = value` lines of our own images, and kvm-unit-tests' `PASS:` / `FAIL:` / `SKIP:`.
 * A verdict id that comes twice gets a number.
 */
export function parseVerdicts(serial: string): Verdict[] {
  const verdicts: Verdict[] = [];
  const seen = new Map<string, number>();
  for (const raw of serial.split("\n")) {
    const verdict = parseLine(raw.trimEnd());
    if (verdict === null) continue;
    const times = (seen.get(verdict.id) ?? 0) + 1;
    seen.set(verdict.id, times);
    verdicts.push(times === 1 ? verdict : { id: `${verdict.id}#${times}`, value: verdict.value });
  }
  return verdicts;
}

function parseLine(line: string): Verdict | null {
  const ours = OURS.exec(line);
  if (ours !== null) return { id: ours[1]!, value: ours[2]! };
  const theirs = KVM_UNIT_TESTS.exec(line);
  if (theirs !== null) return { id: theirs[2]!, value: theirs[1]! };
  const skipped = SKIPPED.exec(line);
  return skipped === null ? null : { id: "skip", value: skipped[1]! };
}
