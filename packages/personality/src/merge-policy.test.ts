import { ARCHITECTURAL_POLICY } from "@hvdiff/nested";
import { expect, test } from "vitest";
import { mergePolicy } from "./merge-policy.ts";
import { defineQuirk, type Quirk } from "./quirk.ts";

function quirk(id: string, rest: Partial<Quirk>): Quirk {
  return defineQuirk({ id, summary: "", affects: [], confidence: "assumed", evidence: [], ...rest });
}

test("without quirks the policy is the architecture's", () => {
  expect(mergePolicy([])).toEqual(ARCHITECTURAL_POLICY);
});

test("lists are joined", () => {
  const policy = mergePolicy([
    quirk("a/b/c", { policy: { skippedEntryChecks: ["x"] } }),
    quirk("a/b/d", { policy: { skippedEntryChecks: ["y", "x"] } }),
  ]);
  expect(policy.skippedEntryChecks).toEqual(["x", "y"]);
});

test("groups are merged point by point", () => {
  const one = { vmcallInRootError: () => -1 };
  const two = { isReadOnlyFieldWritable: () => true };
  const policy = mergePolicy([
    quirk("a/b/c", { policy: { vmxInstructions: one } }),
    quirk("a/b/d", { policy: { vmxInstructions: two } }),
  ]);
  expect(policy.vmxInstructions).toEqual({ ...ARCHITECTURAL_POLICY.vmxInstructions, ...one, ...two });
});

test("two answers to one point are an error unless one overrides the other", () => {
  const first = quirk("a/b/c", { policy: { lateFailureError: 8 } });
  const second = quirk("a/b/d", { policy: { lateFailureError: 9 } });
  expect(() => mergePolicy([first, second])).toThrow(/a\/b\/c and a\/b\/d both answer "lateFailureError"/);
  expect(mergePolicy([first, { ...second, overrides: ["a/b/c"] }]).lateFailureError).toBe(9);
  expect(mergePolicy([{ ...first, overrides: ["a/b/d"] }, second]).lateFailureError).toBe(8);
});
