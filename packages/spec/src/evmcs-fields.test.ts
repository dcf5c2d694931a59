import { describe, expect, test } from "vitest";
import { EVMCS_CLEAN_FIELDS, EVMCS_FIELDS, EVMCS_OFFSETS } from "./evmcs-fields-table.ts";
import { VMCS_FIELDS } from "./vmcs-fields.ts";

const at = (field: string) => EVMCS_FIELDS.find((def) => def.field === field);

describe("the enlightened VMCS", () => {
  test("has each field once, in order, without overlap, in 1 KiB", () => {
    expect(new Set(EVMCS_FIELDS.map(({ field }) => field)).size).toBe(EVMCS_FIELDS.length);
    let end = 4;
    for (const { field, offset, bytes } of EVMCS_FIELDS) {
      expect(offset, field).toBeGreaterThanOrEqual(end);
      end = offset + bytes;
    }
    expect(end).toBeLessThanOrEqual(0x400);
  });

  test("no field lies over what is no VMCS field", () => {
    for (const offset of Object.values(EVMCS_OFFSETS))
      expect(EVMCS_FIELDS.filter((def) => def.offset <= offset && offset < def.offset + def.bytes)).toEqual([]);
  });

  test.each([
    ["hostTrSelector", 0x14, 2],
    ["hostIa32SysenterCs", 0x58, 4],
    ["secondaryProcessorBasedControls", 0x64, 4],
    ["guestTrSelector", 0x8e, 2],
    ["guestIdtrLimit", 0xb4, 4],
    ["guestTrAccessRights", 0xd4, 4],
    ["guestIdtrBase", 0x120, 8],
    ["guestIa32SysenterCs", 0x1fc, 4],
    ["guestDr7", 0x238, 8],
    ["hostRsp", 0x268, 8],
    ["virtualProcessorIdentifier", 0x278, 2],
    ["exitQualification", 0x2d0, 8],
    ["guestInterruptibilityState", 0x310, 4],
    ["guestRip", 0x330, 8],
    ["tscMultiplier", 0x3d8, 8],
    ["hostIa32InterruptSspTableAddr", 0x3f0, 8],
  ])("%s lies at %i", (field, offset, bytes) => {
    expect(at(field)).toMatchObject({ offset, bytes });
  });

  test("only what L0 always reads, and what exits write, has no group", () => {
    const ungrouped = EVMCS_FIELDS.filter(({ clean }) => clean === null).map(({ field }) => field);
    expect(ungrouped.filter((field) => VMCS_FIELDS[field].type !== "readOnly")).toEqual(["tprThreshold", "guestRip"]);
    expect(Object.values(EVMCS_CLEAN_FIELDS)).toEqual(Array.from({ length: 16 }, (_, bit) => bit));
  });

  test.each([
    "pmlAddress",
    "vmFunctionControls",
    "apicAccessAddress",
    "vmxPreemptionTimerValue",
    "pleGap",
    "vmreadBitmap",
  ])("cannot say %s", (field) => {
    expect(at(field)).toBeUndefined();
  });
});
