import { describe, expect, test } from "vitest";
import { quirkActive } from "./active-quirks.ts";
import type { ColumnSpec } from "./column.ts";
import { defineQuirk, type Quirk } from "./quirk.ts";
import { compareVersions } from "./versions.ts";

const SPEC: ColumnSpec = { product: "kvm", version: "5.10", parameters: new Map(), vmm: null, text: "kvm@5.10" };

function ranged(range: Pick<Quirk, "since" | "until">): Quirk {
  return defineQuirk({ id: "kvm/vmx/x", summary: "", affects: [], confidence: "assumed", evidence: [], ...range });
}

describe("a quirk in kvm@5.10", () => {
  test.each<[Pick<Quirk, "since" | "until">, boolean]>([
    [{}, true],
    [{ since: "5.10" }, true],
    [{ since: "5.9" }, true],
    [{ since: "5.11" }, false],
    [{ until: "5.10" }, false],
    [{ until: "5.11" }, true],
    [{ since: "≤5.15" }, true],
    [{ since: "≤5.4", until: "5.6" }, false],
  ])("with range %j is active: %s", (range, active) => {
    expect(quirkActive(ranged(range), SPEC)).toBe(active);
  });

  test("of another product is not active", () => {
    expect(quirkActive({ ...ranged({}), id: "qemu/cpuid/x" }, SPEC)).toBe(false);
  });
});

test.each([
  ["5.9", "5.10", -1],
  ["6", "6.0", 0],
  ["10.0", "9.2", 1],
])("%s against %s compares as %i", (a, b, order) => {
  expect(compareVersions(a, b)).toBe(order);
});
