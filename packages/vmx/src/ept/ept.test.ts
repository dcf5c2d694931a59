import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, type Access, STAGE2_EXIT } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createRoot, enableEpt, PLACE } from "../../test/fixtures.ts";

const LINEAR = { valid: true, low: 0x5000, high: 0 };
const NO_LINEAR = { valid: false, low: 0, high: 0 };
const AD = 0x5en;
const GIB = 2 ** 30;

function enter(flags = 0x1en) {
  const root = createRoot();
  const map = enableEpt(root.c, root.v, flags);
  expect(root.vmx.vmlaunch()).toEqual({ kind: "enter" });
  const translate = (gpa: number, access: Access, walk = false, linear = LINEAR) =>
    root.c.secondStage!.translate(gpa, access, walk, linear);
  return { ...root, map, translate };
}

describe("EPT", () => {
  test("translates 4-KiB, 2-MiB and 1-GiB pages", () => {
    const { c, map, translate } = enter();
    map(0x5000, 0x123000, 7);
    c.memory.write64(PLACE.ept + 0x2000 + 8, 0x600000n | 0xb7n);
    c.memory.write64(PLACE.ept + 0x1000 + 8, BigInt(GIB) | 0xb7n);
    expect(translate(0x5678, ACCESS_READ)).toBe(0x123678);
    expect(translate(0x234567, ACCESS_WRITE)).toBe(0x634567);
    expect(translate(GIB + 0x12345678, ACCESS_FETCH)).toBe(GIB + 0x12345678);
  });

  test.each([
    ["a read of nothing", 0, ACCESS_READ, 0x181],
    ["a write of nothing", 0, ACCESS_WRITE, 0x182],
    ["a fetch of nothing", 0, ACCESS_FETCH, 0x184],
    ["a write of a read-only page", 1, ACCESS_WRITE, 0x18a],
    ["a fetch of a writable page", 3, ACCESS_FETCH, 0x19c],
    ["a read of an execute-only page", 4, ACCESS_READ, 0x1a1],
  ] as const)("%s is a violation", (_, rights, access, qualification) => {
    const { v, map, translate } = enter();
    if (rights !== 0) map(0x5000, 0x5000, rights);
    expect(translate(0x5008, access)).toBe(STAGE2_EXIT);
    expect(v.read("exitReason")).toBe(48n);
    // Bits 11:9 tell what guest paging said.
    expect(Number(v.read("exitQualification")) & 0x1ff).toBe(qualification);
    expect(v.read("guestPhysicalAddress")).toBe(0x5008n);
    expect(v.read("guestLinearAddress")).toBe(0x5000n);
  });

  test("a violation in a walk of guest paging structures has bit 8 clear, without a linear address bit 7 too", () => {
    const first = enter();
    first.translate(0x5008, ACCESS_READ, true);
    expect(first.v.read("exitQualification")).toBe(0x81n);
    const second = enter();
    second.translate(0x5008, ACCESS_READ, true, NO_LINEAR);
    expect(second.v.read("exitQualification")).toBe(0x01n);
  });

  test("with accessed and dirty flags a walk counts as a write", () => {
    const { v, map, translate } = enter(AD);
    map(0x5000, 0x5000, 1);
    expect(translate(0x5008, ACCESS_READ, true)).toBe(STAGE2_EXIT);
    expect(v.read("exitQualification")).toBe(0x8bn);
  });

  test("sets accessed and dirty flags, dirty only by writes", () => {
    const { c, map, translate } = enter(AD);
    map(0x5000, 0x5000, 7);
    const entry = PLACE.ept + 0x3000 + 5 * 8;
    translate(0x5000, ACCESS_READ);
    expect(c.memory.read32(entry) & 0x300).toBe(0x100);
    expect(c.secondStage!.permissions & 2).toBe(0);
    translate(0x5000, ACCESS_WRITE);
    expect(c.memory.read32(entry) & 0x300).toBe(0x300);
    expect(c.secondStage!.permissions & 2).toBe(2);
    expect(c.memory.read32(PLACE.ept) & 0x100).toBe(0x100);
  });

  test.each([
    ["write without read", 0x32n],
    ["a reserved memory type", 0x17n],
    ["an address beyond the width", (1n << 39n) | 0x37n],
  ])("%s is a misconfiguration", (_, entry) => {
    const { c, v, translate } = enter();
    c.memory.write64(PLACE.ept + 0x3000 + 5 * 8, entry);
    expect(translate(0x5008, ACCESS_READ)).toBe(STAGE2_EXIT);
    expect(v.read("exitReason")).toBe(49n);
  });

  test("a mapping stays until INVEPT, but more rights are found without it", () => {
    const { vmx, map, translate } = enter();
    map(0x5000, 0x5000, 1);
    expect(translate(0x5000, ACCESS_READ)).toBe(0x5000);
    map(0x5000, 0x9000, 1);
    expect(translate(0x5000, ACCESS_READ)).toBe(0x5000);
    vmx.invept({ typeLow: 1, typeHigh: 0, eptpLow: PLACE.ept | 0x1e, eptpHigh: 0 });
    expect(translate(0x5000, ACCESS_READ)).toBe(0x9000);
    map(0x5000, 0x9000, 3);
    expect(translate(0x5000, ACCESS_WRITE)).toBe(0x9000);
  });
});
