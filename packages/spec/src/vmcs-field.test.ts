import { expect, test } from "vitest";
import {
  encodingOf,
  fieldExists,
  fieldIndex,
  fieldOfEncoding,
  VMCS_FIELD_NAMES,
  vmcsEnumOf,
  widthBytes,
} from "./vmcs-field.ts";
import type { VmcsField } from "./vmcs-fields.ts";

// Typed from the manual's appendix, so that a wrong index or group cannot agree with itself.
const ENCODINGS = {
  virtualProcessorIdentifier: 0x0000,
  eptpIndex: 0x0004,
  guestEsSelector: 0x0800,
  guestTrSelector: 0x080e,
  guestInterruptStatus: 0x0810,
  pmlIndex: 0x0812,
  hostTrSelector: 0x0c0c,
  ioBitmapA: 0x2000,
  msrBitmap: 0x2004,
  executiveVmcsPointer: 0x200c,
  tscOffset: 0x2010,
  virtualApicAddress: 0x2012,
  vmFunctionControls: 0x2018,
  eptPointer: 0x201a,
  eoiExitBitmap3: 0x2022,
  eptpListAddress: 0x2024,
  vmwriteBitmap: 0x2028,
  xssExitingBitmap: 0x202c,
  tscMultiplier: 0x2032,
  tertiaryProcessorBasedControls: 0x2034,
  enclvExitingBitmap: 0x2036,
  lowPasidDirectoryAddress: 0x2038,
  hlatPointer: 0x2040,
  secondaryVmExitControls: 0x2044,
  ia32SpecCtrlShadow: 0x204c,
  injectedEventData: 0x2052,
  guestPhysicalAddress: 0x2400,
  originalEventData: 0x2404,
  vmcsLinkPointer: 0x2800,
  guestIa32Efer: 0x2806,
  guestPdpte3: 0x2810,
  guestIa32Bndcfgs: 0x2812,
  guestIa32Pkrs: 0x2818,
  guestIa32FredSsp3: 0x2828,
  hostIa32Pat: 0x2c00,
  hostIa32Efer: 0x2c02,
  hostIa32FredSsp3: 0x2c16,
  pinBasedControls: 0x4000,
  exceptionBitmap: 0x4004,
  vmExitControls: 0x400c,
  vmEntryInterruptionInformation: 0x4016,
  secondaryProcessorBasedControls: 0x401e,
  pleWindow: 0x4022,
  vmInstructionError: 0x4400,
  exitReason: 0x4402,
  vmExitInstructionInformation: 0x440e,
  guestIdtrLimit: 0x4812,
  guestEsAccessRights: 0x4814,
  guestActivityState: 0x4826,
  guestIa32SysenterCs: 0x482a,
  vmxPreemptionTimerValue: 0x482e,
  hostIa32SysenterCs: 0x4c00,
  cr4ReadShadow: 0x6006,
  cr3TargetValue3: 0x600e,
  exitQualification: 0x6400,
  guestLinearAddress: 0x640a,
  guestCr0: 0x6800,
  guestTrBase: 0x6814,
  guestRip: 0x681e,
  guestIa32SysenterEip: 0x6826,
  guestIa32InterruptSspTableAddr: 0x682c,
  hostRsp: 0x6c14,
  hostRip: 0x6c16,
  hostIa32InterruptSspTableAddr: 0x6c1c,
} as const satisfies Partial<Record<VmcsField, number>>;

test.each(Object.entries(ENCODINGS) as [VmcsField, number][])("%s has the manual's encoding", (name, encoding) => {
  expect(encodingOf(name)).toBe(encoding);
  expect(fieldOfEncoding(encoding)).toEqual({ name, high: false });
});

test("odd encodings name the high half of 64-bit fields and nothing else", () => {
  expect(fieldOfEncoding(0x201b)).toEqual({ name: "eptPointer", high: true });
  expect([0x681f, 0x4403, 0x0801].map(fieldOfEncoding)).toEqual([undefined, undefined, undefined]);
});

test("encodings with reserved bits or unused indices name no field", () => {
  expect([0x482c, 0x1_681e, 0x1000, -1].map(fieldOfEncoding)).toEqual([undefined, undefined, undefined, undefined]);
});

test("dense indices count the fields in table order", () => {
  expect(VMCS_FIELD_NAMES.map(fieldIndex)).toEqual(VMCS_FIELD_NAMES.map((_, index) => index));
});

test("a field holds the bytes of its width", () => {
  expect((["guestEsSelector", "exitReason", "eptPointer", "guestRip"] as const).map(widthBytes)).toEqual([2, 4, 8, 8]);
});

test("a field without requirements always exists, another with any one of them", () => {
  expect(fieldExists("guestRip", () => false)).toBe(true);
  expect(fieldExists("eptPointer", () => false)).toBe(false);
  const savesEfer = (r: object) => "control" in r && r.control === "exit" && "bit" in r && r.bit === 20;
  expect(fieldExists("guestIa32Efer", savesEfer)).toBe(true);
});

test("the enumeration MSR of a processor up to the preemption timer is 0x2e", () => {
  expect(vmcsEnumOf(["guestRip", "vmxPreemptionTimerValue", "eptPointer"])).toBe(0x2e);
});
