import { parseCitation } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createHost, PLACE, runGuest } from "../../test/fixtures.ts";
import { setBits, VIOLATIONS } from "../../test/violations-table.ts";
import { VMRUN_CHECKS } from "./vmrun-checks.ts";

const VMMCALL = [0x0f, 0x01, 0xd9] as const;
const INVALID = 0xffff_ffff_ffff_ffffn;
describe("VMRUN's consistency checks", () => {
  test("each has a mutation, a name of its own and a citation", () => {
    expect(Object.keys(VIOLATIONS)).toEqual(VMRUN_CHECKS.map(({ id }) => id));
    for (const { apm } of VMRUN_CHECKS) expect(parseCitation(apm), apm).toBeDefined();
  });

  const cases = Object.entries(VIOLATIONS).flatMap(([id, mutations]) =>
    mutations.map((mutate, n) => [`${id} ${n}`, id, mutate] as const),
  );

  test.each(cases)("%s is VMEXIT_INVALID, with the host as it was and GIF 0", (_, id, mutate) => {
    const host = createHost();
    mutate(host);
    const before = host.memory.readBytes(PLACE.vmcb + 0x400, 0x300);
    expect(runGuest(host, ...VMMCALL)).toBe(INVALID);
    expect(host.svm.failedCheck).toBe(id);
    expect(host.c.rip).toBe(BigInt(PLACE.hostCode + 4));
    expect(host.svm.globalInterruptFlag).toBe(false);
    expect(host.memory.readBytes(PLACE.vmcb + 0x400, 0x300)).toEqual(before);
  });

  test.each(cases)("%s is not noticed without that check", (_, id, mutate) => {
    const host = createHost();
    mutate(host);
    host.svm.vmrunChecks = VMRUN_CHECKS.filter((check) => check.id !== id);
    runGuest(host, ...VMMCALL);
    expect(host.svm.failedCheck).toBeNull();
  });

  test("a VMCB that has only ignored bits set enters", () => {
    const host = createHost();
    for (const mutate of [setBits("cr3", 0x7n), setBits("msrpmBasePa", 0xfffn), setBits("iopmBasePa", 0xfffn)])
      mutate(host);
    expect(runGuest(host, ...VMMCALL)).toBe(0x81n);
  });

  test("what a processor does not have it does not check: k10 knows no virtual NMI and no flush by ASID", () => {
    const host = createHost("k10");
    host.v.write("virtualInterruptControl", 1n << 26n);
    expect(runGuest(host, ...VMMCALL)).toBe(0x81n);
    host.v.write("tlbControl", 3n);
    expect(runGuest(host, ...VMMCALL)).toBe(INVALID);
  });
});
