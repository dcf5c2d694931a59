import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, FAULT_EXCEPTION, STAGE2_EXIT, STATE } from "@hvdiff/cpu";
import { type ControlName, controlMask } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createRoot, enableEpt, PLACE, SERVER_CAPABILITIES } from "../../test/fixtures.ts";
import { CODE, runGuest } from "../../test/guest-program.ts";
import { ENTER } from "../outcome.ts";

const LINEAR = { valid: true, low: 0x5abc, high: 0 };
const LOG = 0x60000;
const INFORMATION = 0x61000;
const LEAF = PLACE.ept + 0x3000 + 5 * 8;
const AD = 0x5en;
const USER_EXECUTE = 1 << 10;
const EPT_VIOLATION = 48n;
const PML_FULL = 62n;
const DIRTY = 0x200;

/** A guest with EPT and the given secondary controls, and its second stage. */
function enter(secondary: readonly ControlName<"secondary">[], flags = 0x1en) {
  const root = createRoot({ capabilities: SERVER_CAPABILITIES });
  const map = enableEpt(root.c, root.v, flags);
  const controls = root.v.read("secondaryProcessorBasedControls") | BigInt(controlMask("secondary", ...secondary));
  root.v.write("secondaryProcessorBasedControls", controls);
  root.v.write("pmlAddress", BigInt(LOG));
  root.v.write("pmlIndex", 511n);
  root.v.write("virtualizationExceptionInformationAddress", BigInt(INFORMATION));
  root.v.write("eptpIndex", 7n);
  expect(root.vmx.vmlaunch()).toEqual(ENTER);
  const translate = (gpa: number, access: 0 | 1 | 2, walk = false) =>
    root.c.secondStage!.translate(gpa, access, walk, LINEAR);
  return { ...root, map, translate };
}

describe("page-modification logging", () => {
  test("notes a page when its dirty flag is set, from the last entry down", () => {
    const { c, v, map, translate } = enter(["enablePml"], AD);
    map(0x5000, 0x5000, 7);
    map(0x7000, 0x9000, 7);
    translate(0x5678, ACCESS_READ);
    expect(v.read("pmlIndex")).toBe(511n);
    translate(0x5678, ACCESS_WRITE);
    translate(0x5678, ACCESS_WRITE);
    translate(0x7008, ACCESS_WRITE);
    expect(v.read("pmlIndex")).toBe(509n);
    expect(c.memory.read64(LOG + 511 * 8)).toBe(0x5000n);
    expect(c.memory.read64(LOG + 510 * 8)).toBe(0x7000n);
  });

  test("accesses to guest paging structures are writes to it", () => {
    const { v, map, translate } = enter(["enablePml"], AD);
    map(0x5000, 0x5000, 7);
    translate(0x5678, ACCESS_READ, true);
    expect(v.read("pmlIndex")).toBe(510n);
  });

  test("a full log exits before the flag is set; the last entry is used first", () => {
    const { c, v, map, translate } = enter(["enablePml"], AD);
    map(0x5000, 0x5000, 7);
    v.write("pmlIndex", 0n);
    expect(translate(0x5000, ACCESS_WRITE)).toBe(0x5000);
    expect(v.read("pmlIndex")).toBe(0xffffn);
    map(0x6000, 0x6000, 7);
    expect(translate(0x6000, ACCESS_WRITE)).toBe(STAGE2_EXIT);
    expect(v.read("exitReason")).toBe(PML_FULL);
    expect(c.memory.read32(LEAF + 8) & DIRTY).toBe(0);
  });

  test("nothing is noted without the control", () => {
    const { v, map, translate } = enter([], AD);
    map(0x5000, 0x5000, 7);
    translate(0x5000, ACCESS_WRITE);
    expect(v.read("pmlIndex")).toBe(511n);
  });
});

describe("mode-based execute control", () => {
  test.each([
    ["supervisor", 1 | 4, false, true],
    ["supervisor", 1 | USER_EXECUTE, false, false],
    ["user", 1 | 4, true, false],
    ["user", 1 | USER_EXECUTE, true, true],
    ["user", USER_EXECUTE, true, true],
    ["supervisor", 1 | 4 | USER_EXECUTE, false, true],
  ])("a fetch from a %s-mode address with rights %i", (_, rights, isUser, allowed) => {
    const { c, map, translate } = enter(["modeBasedExecuteControl"]);
    map(0x5000, 0x8000, rights);
    c.memory.write64(LEAF, c.memory.read64(LEAF) | BigInt(rights));
    for (const table of [PLACE.ept, PLACE.ept + 0x1000, PLACE.ept + 0x2000])
      c.memory.write64(table, c.memory.read64(table) | BigInt(USER_EXECUTE));
    c.walkState.userPage = isUser;
    expect(translate(0x5010, ACCESS_FETCH)).toBe(allowed ? 0x8010 : STAGE2_EXIT);
    if (allowed) expect(c.secondStage!.permissions & 4).toBe(4);
  });

  test("bit 6 of the qualification tells of the right of user-mode addresses", () => {
    const { c, v, map, translate } = enter(["modeBasedExecuteControl"]);
    map(0x5000, 0x8000, 1 | USER_EXECUTE);
    for (const table of [PLACE.ept, PLACE.ept + 0x1000, PLACE.ept + 0x2000])
      c.memory.write64(table, c.memory.read64(table) | BigInt(USER_EXECUTE));
    c.walkState.userPage = false;
    expect(translate(0x5010, ACCESS_FETCH)).toBe(STAGE2_EXIT);
    expect(Number(v.read("exitQualification")) & 0x7f).toBe(0x4c);
  });

  test("without the control bit 10 is ignored: an entry with nothing else is not present", () => {
    const { v, map, translate } = enter([]);
    map(0x5000, 0x8000, USER_EXECUTE);
    expect(translate(0x5010, ACCESS_READ)).toBe(STAGE2_EXIT);
    expect(v.read("exitReason")).toBe(EPT_VIOLATION);
    expect(Number(v.read("exitQualification")) & 0x78).toBe(0);
  });
});

describe("virtualization exceptions", () => {
  test("a violation is reported in the information area and raises vector 20", () => {
    const { c, translate } = enter(["eptViolationVe"]);
    expect(translate(0x5008, ACCESS_WRITE)).toBe(STAGE2_EXIT);
    expect(c.fault).toBe(FAULT_EXCEPTION);
    expect(c.exception).toMatchObject({ vector: 20, errorCode: -1 });
    expect(c.memory.read32(INFORMATION)).toBe(48);
    expect(c.memory.read32(INFORMATION + 4)).toBe(-1);
    expect(c.memory.read32(INFORMATION + 8) & 0x1ff).toBe(0x182);
    expect(c.memory.read64(INFORMATION + 16)).toBe(0x5abcn);
    expect(c.memory.read64(INFORMATION + 24)).toBe(0x5008n);
    expect(c.memory.read32(INFORMATION + 32)).toBe(7);
  });

  test.each([
    ["the entry suppresses it", ({ c }: ReturnType<typeof enter>) => c.memory.write64(LEAF, 0x8000_0000_0000_0000n)],
    ["the last one is not dealt with", ({ c }: ReturnType<typeof enter>) => c.memory.write32(INFORMATION + 4, 1)],
    [
      "the guest is in real mode",
      ({ c }: ReturnType<typeof enter>) => {
        c.s[STATE.CR0]! &= ~1;
      },
    ],
    [
      "an event is under delivery",
      ({ c }: ReturnType<typeof enter>) => {
        c.delivering = { vector: 0x20, type: 0, errorCode: -1, instructionLength: 0 };
      },
    ],
  ])("a VM exit is made where %s", (_, prepare) => {
    const guest = enter(["eptViolationVe"]);
    prepare(guest);
    expect(guest.translate(0x5008, ACCESS_READ)).toBe(STAGE2_EXIT);
    expect(guest.v.read("exitReason")).toBe(EPT_VIOLATION);
  });
});

describe("EPTP switching", () => {
  const LIST = 0x62000;
  const OTHER = 0x64000;

  function switchTo(index: number, entry: bigint) {
    return runGuest({
      code: [...CODE.setEax(0), ...CODE.setEcx(index), ...CODE.vmfunc, ...CODE.load(0x7008), ...CODE.vmcall],
      secondary: ["enableEpt", "enableVmFunctions", "eptViolationVe", "enableVpid"],
      prepare: ({ c, v }) => {
        const map = enableEpt(c, v);
        for (let page = 0; page < 0x60; page++) map(page * 0x1000, page * 0x1000, 7);
        v.write("virtualProcessorIdentifier", 1n);
        v.write("vmFunctionControls", 1n);
        v.write("eptpListAddress", BigInt(LIST));
        v.write("virtualizationExceptionInformationAddress", BigInt(INFORMATION));
        c.memory.write64(LIST + index * 8, entry);
        // The other view shares all tables but the last, where page 7 leads elsewhere.
        c.memory.write64(OTHER, BigInt(OTHER + 0x1000) | 7n);
        c.memory.write64(OTHER + 0x1000, BigInt(OTHER + 0x2000) | 7n);
        c.memory.write64(OTHER + 0x2000, BigInt(OTHER + 0x3000) | 7n);
        for (let page = 0; page < 0x60; page++)
          c.memory.write64(OTHER + 0x3000 + page * 8, BigInt(page === 7 ? 0x8000 : page * 0x1000) | 0x37n);
        c.memory.write32(0x7008, 0x77);
        c.memory.write32(0x8008, 0x88);
      },
    });
  }

  test("leads to the other view and notes its index", () => {
    const { c, v, reason } = switchTo(3, BigInt(OTHER) | 0x1en);
    expect(reason).toBe(18);
    expect(c.s[0]).toBe(0x88);
    expect(v.read("eptPointer")).toBe(BigInt(OTHER) | 0x1en);
    expect(v.read("eptpIndex")).toBe(3n);
  });

  test.each([
    ["an index beyond the list", 512, BigInt(OTHER) | 0x1en],
    ["an EPTP that a VM entry would refuse", 3, BigInt(OTHER) | 0x1bn],
  ])("%s exits", (_, index, entry) => {
    const { v, reason } = switchTo(index, entry);
    expect(reason).toBe(59);
    expect(v.read("eptPointer")).toBe(BigInt(PLACE.ept) | 0x1en);
  });
});

describe("time-stamp counter scaling", () => {
  test.each([
    ["half", 1n << 47n, (tsc: bigint) => tsc / 2n],
    ["three times", 3n << 48n, (tsc: bigint) => tsc * 3n],
  ])("the guest reads %s of the counter, and the offset is added behind", (_, multiplier, scaled) => {
    const { c, reason } = runGuest({
      code: [...CODE.rdtsc, ...CODE.vmcall],
      primary: ["useTscOffsetting"],
      secondary: ["useTscScaling"],
      prepare: ({ c: processor, v }) => {
        processor.retired = 1000;
        v.write("tscMultiplier", multiplier);
        v.write("tscOffset", 100n);
      },
    });
    expect(reason).toBe(18);
    expect(BigInt(c.s[0]!)).toBe(scaled(1000n) + 100n);
  });
});
