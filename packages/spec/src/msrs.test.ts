import { expect, test } from "vitest";
import { msrFieldMask, msrFieldOf, withMsrField } from "./msr-fields.ts";
import { msrAddress, msrName } from "./msrs.ts";
import { MSRS } from "./msrs-table.ts";

test.each([
  ["IA32_TIME_STAMP_COUNTER", 0x10],
  ["IA32_FEATURE_CONTROL", 0x3a],
  ["IA32_MTRR_PHYSMASK9", 0x213],
  ["IA32_MTRR_FIX4K_F8000", 0x26f],
  ["IA32_PAT", 0x277],
  ["IA32_PERF_GLOBAL_CTRL", 0x38f],
  ["IA32_VMX_BASIC", 0x480],
  ["IA32_VMX_VMCS_ENUM", 0x48a],
  ["IA32_VMX_TRUE_ENTRY_CTLS", 0x490],
  ["IA32_VMX_PROCBASED_CTLS3", 0x492],
  ["IA32_X2APIC_ICR", 0x830],
  ["IA32_X2APIC_SELF_IPI", 0x83f],
  ["IA32_BNDCFGS", 0xd90],
  ["IA32_XSS", 0xda0],
  ["IA32_EFER", 0xc000_0080],
  ["IA32_KERNEL_GS_BASE", 0xc000_0102],
  ["IA32_TSC_AUX", 0xc000_0103],
  ["VM_CR", 0xc001_0114],
  ["VM_HSAVE_PA", 0xc001_0117],
] as const)("%s has the manual's address", (name, address) => {
  expect(msrAddress(name)).toBe(address);
  expect(msrName(address)).toBe(name);
});

test("an address as a signed register value finds its MSR, an unknown one nothing", () => {
  expect(msrName(0xc000_0080 | 0)).toBe("IA32_EFER");
  expect(msrName(0x4000_0000)).toBeUndefined();
});

test("the fields of a real host's IA32_VMX_BASIC and IA32_VMX_MISC read as documented", () => {
  const basic = 0x00da_0400_0000_0004n;
  const { revisionId, regionSize, memoryType, trueControls, dualMonitorTreatment } = MSRS.IA32_VMX_BASIC.fields;
  const values = [revisionId, regionSize, memoryType, trueControls, dualMonitorTreatment].map((f) =>
    msrFieldOf(f, basic),
  );
  expect(values).toEqual([4n, 1024n, 6n, 1n, 1n]);
  expect(msrFieldOf(MSRS.IA32_VMX_MISC.fields.cr3TargetValues, 0x7004_c1e7n)).toBe(4n);
  expect(msrFieldOf(MSRS.IA32_VMX_MISC.fields.preemptionTimerRate, 0x7004_c1e7n)).toBe(7n);
});

test("a field is replaced in place and cannot spill", () => {
  const { base, bootstrapProcessor } = MSRS.IA32_APIC_BASE.fields;
  expect(withMsrField(base, 0x900n, 0xfee00)).toBe(0xfee0_0900n);
  expect(withMsrField(bootstrapProcessor, 0n, 3)).toBe(msrFieldMask(bootstrapProcessor));
});
