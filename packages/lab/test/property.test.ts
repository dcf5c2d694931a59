import { describe, expect, test } from "vitest";
import { UsageError } from "../src/api.ts";
import { endOfRun, propertyOf, type RunEnd } from "../src/explore/property.ts";
import { guestImage, Session } from "../src/session.ts";

function endOn(column: string, scenario: string, schedule = "default"): RunEnd {
  const session = new Session(guestImage({ scenario }), { schedule });
  return endOfRun(session.run(session.column(column)));
}

function holds(property: string, end: RunEnd, reference: RunEnd): boolean {
  return propertyOf(property, { metal: () => reference, default: () => reference }).holds(end);
}

describe("lost-event", () => {
  const metal = endOn("metal", "lost-ipi");
  test.each([
    ["kvm@4.16/nested=1", "turn:1@11052.2", false],
    ["kvm@4.16/nested=1", "default", true],
    ["kvm@4.17/nested=1", "turn:1@11052.2", true],
  ])("on %s with %s: %s", { timeout: 30_000 }, (column, schedule, expected) => {
    expect(holds("lost-event", endOn(column, "lost-ipi", schedule), metal)).toBe(expected);
  });

  test("does not hold where an event was put in the place of another", () => {
    expect(holds("lost-event", { ...metal, overwritten: 1 }, metal)).toBe(false);
  });
});

describe("a condition on the trace", () => {
  const end = endOn("metal", "cr4-loop");
  test.each([
    ["some vmentry", true],
    ["never vmentry", false],
    ["some vmentry{level=1}", true],
    ["some vmentry{level=2}", false],
    ["never exception{level=2,vector=13} and some vmentry", true],
    ["never exception{level=2,vector=13} and (outcome)=exit 0", true],
    ["some nonsense", false],
  ])("%s: %s", (property, expected) => {
    expect(propertyOf(property, { metal: () => end, default: () => end }).needsTrace).toBe(true);
    expect(holds(property, end, end)).toBe(expected);
  });

  test.each([
    ["never vmentry{level}", /NAME=VALUE/],
    ["some", /neither/],
  ])("%j is refused", (property, message) => {
    expect(() => holds(property, end, end)).toThrow(UsageError);
    expect(() => holds(property, end, end)).toThrow(message);
  });
});
