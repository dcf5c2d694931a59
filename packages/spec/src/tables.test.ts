import { expect, test } from "vitest";
import { cpuidFeature, cpuidFeaturesOf, isCpuidFeature } from "./cpuid-features.ts";
import { exceptionMnemonic, exceptionName, makesDoubleFault, vectorHasErrorCode } from "./exceptions.ts";
import { exitReasonName, exitReasonNumber, isEntryFailure } from "./exit-reasons.ts";
import { memoryTypeOf } from "./memory-types.ts";
import { vmInstructionErrorName, vmInstructionErrorNumber, vmInstructionErrorTitle } from "./vm-instruction-errors.ts";

test("an exit-reason field is named by its basic reason, whatever its flags", () => {
  expect(exitReasonNumber("EPT_VIOLATION")).toBe(48);
  expect(exitReasonName(0x8000_0021)).toBe("INVALID_GUEST_STATE");
  expect(exitReasonName(0x8000_0021 | 0)).toBe("INVALID_GUEST_STATE");
  expect(exitReasonName(35)).toBeUndefined();
  expect([isEntryFailure(0x8000_0021), isEntryFailure(0x8000_0021n), isEntryFailure(33)]).toEqual([true, true, false]);
});

test("VM-instruction errors are named both ways and reserved numbers are not", () => {
  expect(vmInstructionErrorNumber("entryInvalidHostState")).toBe(8);
  expect(vmInstructionErrorName(13)).toBe("vmwriteReadOnly");
  expect([0, 14, 21, 27].map(vmInstructionErrorTitle)).toEqual([undefined, undefined, undefined, undefined]);
});

test("exceptions are found by vector", () => {
  expect([exceptionMnemonic(6), exceptionName(14), exceptionMnemonic(15)]).toEqual(["#UD", "pageFault", undefined]);
  const withErrorCode = Array.from({ length: 32 }, (_, vector) => vector).filter(vectorHasErrorCode);
  expect(withErrorCode).toEqual([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);
});

test.each([
  ["generalProtection", "generalProtection", true],
  ["generalProtection", "pageFault", false],
  ["pageFault", "pageFault", true],
  ["pageFault", "stackFault", true],
  ["pageFault", "debug", false],
  ["invalidOpcode", "generalProtection", false],
] as const)("%s followed by %s makes a double fault: %s", (first, second, doubleFault) => {
  expect(makesDoubleFault(first, second)).toBe(doubleFault);
});

test("CPUID features are found by name and by word", () => {
  expect(cpuidFeature("xsaves")).toEqual({ leaf: 0xd, subleaf: 1, register: "eax", bit: 3 });
  expect(cpuidFeature("vmx")).toEqual({ leaf: 1, subleaf: 0, register: "ecx", bit: 5 });
  expect(cpuidFeature("svm")).toMatchObject({ leaf: 0x8000_0001, register: "ecx", bit: 2 });
  expect(cpuidFeature("smep").bit).toBe(7);
  expect(cpuidFeature("umip").bit).toBe(2);
  expect(cpuidFeature("pks").bit).toBe(31);
  expect(cpuidFeature("ssbd").bit).toBe(31);
  expect(cpuidFeature("fred").bit).toBe(17);
  expect(cpuidFeaturesOf({ leaf: 1, subleaf: 0, register: "ecx" }, 0x8000_0020)).toEqual(["vmx", "hypervisor"]);
  expect([isCpuidFeature("xsavec"), isCpuidFeature("xsavex")]).toEqual([true, false]);
});

test("memory types are found by code", () => {
  expect([0, 6, 2].map(memoryTypeOf)).toEqual(["uncacheable", "writeBack", undefined]);
});
