import { parseCitation } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { ArrayVmcs } from "../../test/array-vmcs.ts";
import { PLACE, WIDTH, writeValidVmcs } from "../../test/fixtures.ts";
import {
  field,
  type Mutation,
  VALID_FOR_32_BIT_HOST,
  VIOLATIONS,
  VIOLATIONS_OF_32_BIT_HOST,
  virtual8086,
  WIDE_MSRS,
} from "../../test/violations-table.ts";
import { createVmxCapabilities } from "../capabilities.ts";
import { allViolations, EntryCheckContext, firstViolation } from "./check.ts";
import { ENTRY_CHECKS, withoutChecks } from "./lists.ts";

const ALL = [...ENTRY_CHECKS.control, ...ENTRY_CHECKS.host, ...ENTRY_CHECKS.guest];
const WIDE = createVmxCapabilities(WIDE_MSRS, WIDTH);
const NON_CANONICAL = 0x8000_0000_0000n;

/** Checks that cannot be the only one violated, with those of which one is violated before them. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  "host.addressSpace.longModeGuest": ["host.addressSpace.outsideLongMode", "host.addressSpace.inLongMode"],
};

const REVISIONS: readonly number[] = [PLACE.vmcs, PLACE.misplacedRevision];
const MEMORY = { read32: (address: number) => (REVISIONS.includes(address) ? 4 : 0) };

function contextOf(mutate: Mutation, isHostLongMode = true): EntryCheckContext {
  const v = new ArrayVmcs();
  writeValidVmcs(v);
  mutate(v);
  const context = new EntryCheckContext(WIDE, MEMORY, v);
  context.prepare(v, PLACE.vmcs, isHostLongMode);
  return context;
}

const CASES = [
  ...Object.entries(VIOLATIONS).map(([id, mutate]) => [id, mutate, true] as const),
  ...Object.entries(VIOLATIONS_OF_32_BIT_HOST).map(([id, mutate]) => [id, mutate, false] as const),
];

describe("VM-entry checks", () => {
  test.each([
    ["64-bit host and guest", () => {}, true],
    ["virtual-8086 mode", virtual8086, true],
    ["32-bit host", VALID_FOR_32_BIT_HOST, false],
    ["RIP whose bit 47 differs from the bits above", field("guestRip", NON_CANONICAL), true],
  ] as const)("a valid VMCS violates none: %s", (_, mutate, isHostLongMode) => {
    expect(allViolations(ALL, contextOf(mutate, isHostLongMode)).map(({ id }) => id)).toEqual([]);
  });

  test.each(CASES)("%s can be violated alone, and without it the VMCS passes", (id, mutate, isHostLongMode) => {
    const context = contextOf(mutate, isHostLongMode);
    expect(allViolations(ALL, context).map((check) => check.id)).toEqual([id]);
    const { control, host, guest } = withoutChecks(ENTRY_CHECKS, new Set([id]));
    expect(firstViolation([...control, ...host, ...guest], context)).toBeNull();
  });

  test.each([true, false])("what implies a check is violated with it, in long mode %s", (isHostLongMode) => {
    const mutate: Mutation = (v) => v.write("vmExitControls", v.read("vmExitControls") & ~0x200n);
    const found = allViolations(ALL, contextOf(mutate, isHostLongMode)).map(({ id }) => id);
    expect(found).toContain("host.addressSpace.longModeGuest");
    expect(IMPLIED["host.addressSpace.longModeGuest"]).toContain(found[0]);
  });

  test("every check is violated by a case or implied by others, has a parsable citation and an id of its own", () => {
    const ids = ALL.map((check) => check.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...CASES.map(([id]) => id), ...Object.keys(IMPLIED)].sort()).toEqual([...ids].sort());
    expect(ALL.filter((check) => parseCitation(check.sdm) === undefined)).toEqual([]);
  });

  test("the link pointer and PDPTEs have exit qualifications of their own", () => {
    const qualificationOf = (id: string) => ALL.find((check) => check.id === id)?.qualification;
    expect(qualificationOf("guest.vmcsLinkPointer.address")).toBe(4);
    expect(qualificationOf("guest.pdptes")).toBe(2);
    expect(qualificationOf("guest.rip.high")).toBeUndefined();
  });
});
