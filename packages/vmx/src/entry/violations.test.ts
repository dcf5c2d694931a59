import { STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { clientModel, createRoot } from "../../test/fixtures.ts";
import { VIOLATIONS, VIOLATIONS_OF_32_BIT_HOST, WIDE_MSRS } from "../../test/violations-table.ts";
import type { EntryCheck } from "./check.ts";
import { ENTRY_CHECKS } from "./lists.ts";

const MODEL = clientModel(WIDE_MSRS);
const FAILED_ENTRY_33 = 0x8000_0021n;
const BY_ID = new Map(
  [...ENTRY_CHECKS.control, ...ENTRY_CHECKS.host, ...ENTRY_CHECKS.guest].map((check) => [check.id, check]),
);

type Root = ReturnType<typeof createRoot>;

/** What follows a violation of the check, by its group. */
function expectRefusal({ vmx, v }: Root, check: EntryCheck, outcome: unknown): void {
  expect(vmx.failedCheck).toBe(check.id);
  if (check.group === "control") expect(outcome).toEqual({ kind: "failValid", error: 7 });
  else if (check.group === "host") expect(outcome).toEqual({ kind: "failValid", error: 8 });
  else {
    expect(outcome).toEqual({ kind: "exit" });
    expect(v.read("exitReason")).toBe(FAILED_ENTRY_33);
    expect(v.read("exitQualification")).toBe(BigInt(check.qualification ?? 0));
  }
}

describe("VM entry on the processor", () => {
  test.each(Object.entries(VIOLATIONS))("%s is what refuses VMLAUNCH", (id, mutate) => {
    const root = createRoot({}, MODEL);
    mutate(root.v);
    expectRefusal(root, BY_ID.get(id)!, root.vmx.vmlaunch());
  });

  test.each(Object.entries(VIOLATIONS))("%s is found by VMRESUME too, after an entry that passed", (id, mutate) => {
    const root = createRoot({}, MODEL);
    expect(root.vmx.vmlaunch()).toEqual({ kind: "enter" });
    root.c.extension!.tripleFault();
    mutate(root.v);
    expectRefusal(root, BY_ID.get(id)!, root.vmx.vmresume());
  });

  test.each(Object.entries(VIOLATIONS_OF_32_BIT_HOST))("%s refuses a host outside IA-32e mode", (id, mutate) => {
    const root = createRoot({}, MODEL);
    root.c.s[STATE.EFER] = 0;
    mutate(root.v);
    expectRefusal(root, BY_ID.get(id)!, root.vmx.vmlaunch());
  });
});
