import { ACCESS_READ, ACCESS_WRITE, STAGE2_EXIT, STAGE2_WRITE } from "@hvdiff/cpu";
import { controlMask } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { createRoot, enableEpt, PLACE, SERVER_CAPABILITIES } from "../../test/fixtures.ts";
import { ENTER } from "../outcome.ts";

const LINEAR = { valid: true, low: 0x5abc, high: 0 };
const TABLES = 0x60000;
const LEAF = PLACE.ept + 0x3000 + 5 * 8;
const SUB_PAGES = 1n << 61n;
const EPT_VIOLATION = 48n;
const SPP_EVENT = 66n;

/** A guest whose page 5 is read-only but for the regions of 128 bytes in `regions`. */
function enter(regions: bigint, prepare: (c: ReturnType<typeof createRoot>["c"]) => void = () => {}, flags = 0x1en) {
  const root = createRoot({ capabilities: SERVER_CAPABILITIES });
  const map = enableEpt(root.c, root.v, flags);
  const controls = root.v.read("secondaryProcessorBasedControls");
  root.v.write(
    "secondaryProcessorBasedControls",
    controls | BigInt(controlMask("secondary", "subPageWritePermissions")),
  );
  root.v.write("subPagePermissionTablePointer", BigInt(TABLES));
  map(0x5000, 0x8000, 5);
  const { memory } = root.c;
  memory.write64(LEAF, memory.read64(LEAF) | SUB_PAGES);
  for (const level of [0, 1, 2]) memory.write64(TABLES + level * 0x1000, BigInt(TABLES + (level + 1) * 0x1000) | 1n);
  memory.write64(TABLES + 0x3000 + 5 * 8, regions);
  prepare(root.c);
  expect(root.vmx.vmlaunch()).toEqual(ENTER);
  return { ...root, write: (gpa: number) => root.c.secondStage!.translate(gpa, ACCESS_WRITE, false, LINEAR) };
}

test("a write to an allowed region goes through, and the page stays one that is not written unseen", () => {
  const { c, v, write } = enter(1n << 4n);
  expect(write(0x5100)).toBe(0x8100);
  expect(c.secondStage!.permissions & STAGE2_WRITE).toBe(0);
  expect(write(0x517f)).toBe(0x817f);
  expect(write(0x5180)).toBe(STAGE2_EXIT);
  expect(v.read("exitReason")).toBe(EPT_VIOLATION);
  expect(Number(v.read("exitQualification")) & 0x1bf).toBe(0x1aa);
});

test("the last region has bit 62", () => {
  expect(enter(1n << 62n).write(0x5ff8)).toBe(0x8ff8);
});

test("an allowed write sets the dirty flag", () => {
  const { c, write } = enter(1n, () => {}, 0x5en);
  expect(write(0x5000)).toBe(0x8000);
  expect(c.memory.read32(LEAF) & 0x300).toBe(0x300);
});

test.each([
  ["the leaf does not ask for it", (low: bigint) => low & ~SUB_PAGES, LEAF],
  ["a table above forbids writes", (entry: bigint) => entry & ~2n, PLACE.ept + 0x2000],
])("a write is a violation where %s", (_, change, at) => {
  const { v, write } = enter(-1n & 0x5555_5555_5555_5555n, (c) => c.memory.write64(at, change(c.memory.read64(at))));
  expect(write(0x5000)).toBe(STAGE2_EXIT);
  expect(v.read("exitReason")).toBe(EPT_VIOLATION);
});

test.each([
  ["an entry that is not valid is a miss", TABLES + 0x1000, 0n, 0x800n],
  ["a reserved bit is a misconfiguration", TABLES + 0x2000, BigInt(TABLES + 0x3000) | 3n, 0n],
  ["an address beyond the width is one", TABLES, (1n << 45n) | 1n, 0n],
  ["a reserved bit of the last entry is one", TABLES + 0x3000 + 5 * 8, 2n, 0n],
])("%s", (_, at, entry, qualification) => {
  const { v, write } = enter(1n, (c) => c.memory.write64(at, entry));
  expect(write(0x5008)).toBe(STAGE2_EXIT);
  expect(v.read("exitReason")).toBe(SPP_EVENT);
  expect(v.read("exitQualification")).toBe(qualification);
  expect(v.read("guestPhysicalAddress")).toBe(0x5008n);
  expect(v.read("guestLinearAddress")).toBe(0x5abcn);
});

test("reads and writes of guest paging structures do not look at it", () => {
  const { c, v } = enter(0n);
  expect(c.secondStage!.translate(0x5000, ACCESS_READ, false, LINEAR)).toBe(0x8000);
  expect(c.secondStage!.translate(0x5000, ACCESS_WRITE, true, LINEAR)).toBe(STAGE2_EXIT);
  expect(v.read("exitReason")).toBe(EPT_VIOLATION);
});
