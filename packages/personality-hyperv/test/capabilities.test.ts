import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { controlMask, high32, msrAddress } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { hyperv } from "../src/index.ts";

const SILICON = findCpuModel("skylake-client")!;

function guest(remove: readonly string[] = []) {
  const context = columnContext(parseColumn("hyperv@2019", [hyperv]), SILICON, [hyperv]);
  const quirks = activeQuirks(context, [hyperv], { add: new Set(), remove: new Set(remove) });
  return buildGuestModel(SILICON, context, quirks);
}

test.each([
  [0x4000_0000, { eax: 0x4000_000a, ebx: 0x7263_694d, ecx: 0x666f_736f, edx: 0x7648_2074 }],
  [0x4000_0001, { eax: 0x3123_7648 }],
  [0x4000_0004, { eax: 1 << 14 }],
  [0x4000_000a, { eax: 0xe_0101 }],
])("CPUID leaf %i is Hyper-V's", (leaf, words) => {
  expect(guest().cpuid.find((entry) => entry.leaf === leaf)).toMatchObject(words);
});

test("controls that the enlightened VMCS has no field for are not offered; others are", () => {
  const secondary = high32(guest().msrs.get(msrAddress("IA32_VMX_PROCBASED_CTLS2"))!);
  expect(secondary & controlMask("secondary", "vmcsShadowing")).toBe(0);
  expect(secondary & controlMask("secondary", "enablePml")).toBe(0);
  expect(secondary & controlMask("secondary", "enableEpt")).not.toBe(0);
  expect(secondary & controlMask("secondary", "enableXsaves")).not.toBe(0);
});

test("nothing claims more than documents and inferences", () => {
  expect(new Set(hyperv.quirks.map((quirk) => quirk.confidence))).toEqual(new Set(["documented", "inferred"]));
});

test("every difference has a quirk", () => {
  const model = guest(hyperv.quirks.map((quirk) => quirk.id));
  expect(model.cpuid).toEqual(SILICON.cpuid);
  expect([...model.msrs]).toEqual([...SILICON.msrs]);
});
