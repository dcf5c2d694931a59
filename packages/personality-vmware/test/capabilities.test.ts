import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { controlMask, high32, msrAddress } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { vmware } from "../src/index.ts";

const SILICON = findCpuModel("skylake-client")!;

function guest(remove: readonly string[] = []) {
  const context = columnContext(parseColumn("vmware@17", [vmware]), SILICON, [vmware]);
  const quirks = activeQuirks(context, [vmware], { add: new Set(), remove: new Set(remove) });
  return buildGuestModel(SILICON, context, quirks);
}

test("the control for XSAVES passes through", () => {
  const secondary = high32(guest().msrs.get(msrAddress("IA32_VMX_PROCBASED_CTLS2"))!);
  expect(secondary & controlMask("secondary", "enableXsaves")).not.toBe(0);
  expect(guest().msrs.get(msrAddress("IA32_VMX_BASIC"))).toBe(0x00d8_1000_0000_0001n);
});

test("CPUID names VMware up to leaf 4000_0010H", () => {
  const leaf = guest().cpuid.find((entry) => entry.leaf === 0x4000_0000);
  expect(leaf).toMatchObject({ eax: 0x4000_0010, ebx: 0x61774d56, ecx: 0x4d566572, edx: 0x65726177 });
});

test("nothing claims more than reports and assumptions", () => {
  expect(new Set(vmware.quirks.map((quirk) => quirk.confidence))).toEqual(new Set(["reported", "assumed"]));
});

test("every difference has a quirk", () => {
  const model = guest(vmware.quirks.map((quirk) => quirk.id));
  expect(model.cpuid).toEqual(SILICON.cpuid);
  expect([...model.msrs]).toEqual([...SILICON.msrs]);
});
