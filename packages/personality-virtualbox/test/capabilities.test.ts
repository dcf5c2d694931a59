import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { type MsrName, msrAddress } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { virtualbox } from "../src/index.ts";

const SILICON = findCpuModel("skylake-client")!;

function guest(text: string, remove: readonly string[] = []) {
  const context = columnContext(parseColumn(text, [virtualbox]), SILICON, [virtualbox]);
  const quirks = activeQuirks(context, [virtualbox], { add: new Set(), remove: new Set(remove) });
  return buildGuestModel(SILICON, context, quirks);
}

describe("capability MSRs on skylake-client", () => {
  test.each<[string, MsrName, bigint]>([
    ["virtualbox@7.0", "IA32_VMX_BASIC", 0x00d8_1000_4000_0001n],
    ["virtualbox@7.0", "IA32_VMX_PINBASED_CTLS", 0x3f_0000_0016n],
    ["virtualbox@7.0", "IA32_VMX_PROCBASED_CTLS", 0xf7f9_fffe_0401_e172n],
    ["virtualbox@7.0", "IA32_VMX_TRUE_PROCBASED_CTLS", 0xf7f9_fffe_0400_6172n],
    ["virtualbox@7.0", "IA32_VMX_PROCBASED_CTLS2", 0x0001_1cef_0000_0000n],
    ["virtualbox@7.0", "IA32_VMX_EXIT_CTLS", 0x003f_efff_0003_6dffn],
    ["virtualbox@7.0", "IA32_VMX_ENTRY_CTLS", 0x0000_d3ff_0000_11ffn],
    ["virtualbox@7.0", "IA32_VMX_MISC", 0x4004_00e5n],
    ["virtualbox@7.0", "IA32_VMX_VMCS_ENUM", 0x44n],
    ["virtualbox@7.0", "IA32_VMX_EPT_VPID_CAP", 0x0f01_0611_4141n],
    ["virtualbox@7.0/nested-ept=0", "IA32_VMX_PROCBASED_CTLS2", 0x0001_1c6d_0000_0000n],
    ["virtualbox@7.0/nested-ept=0", "IA32_VMX_EPT_VPID_CAP", 0n],
    ["virtualbox@6.1", "IA32_VMX_PROCBASED_CTLS", 0xf7b9_fffe_0401_e172n],
    ["virtualbox@6.1", "IA32_VMX_PROCBASED_CTLS2", 0x104d_0000_0000n],
    ["virtualbox@6.1", "IA32_VMX_EXIT_CTLS", 0x0033_efff_0003_6dffn],
    ["virtualbox@6.1", "IA32_VMX_ENTRY_CTLS", 0x0000_93ff_0000_11ffn],
    ["virtualbox@6.1", "IA32_VMX_EPT_VPID_CAP", 0n],
    ["virtualbox@6.1", "IA32_VMX_VMCS_ENUM", 0x32n],
  ])("%s %s", (column, name, expected) => {
    expect(guest(column).msrs.get(msrAddress(name))?.toString(16)).toBe(expected.toString(16));
  });

  test("there is no IA32_VMX_VMFUNC", () => {
    expect(guest("virtualbox@7.0").msrs.has(msrAddress("IA32_VMX_VMFUNC"))).toBe(false);
  });
});

describe("CPUID", () => {
  test("the host's width stays, 1-GiB pages and leaf 0DH.1 go", () => {
    const model = guest("virtualbox@7.0");
    expect(model.maxPhysicalAddress).toBe(39);
    expect(model.gigabytePages).toBe(false);
    expect(model.cpuid.find(({ leaf, subleaf }) => leaf === 0xd && subleaf === 1)?.eax).toBe(0);
  });

  test("without the quirk leaf 0DH.1 is the silicon's", () => {
    const model = guest("virtualbox@7.0", ["virtualbox/cpuid/leaf-0dh-1-zeroed"]);
    expect(model.cpuid.find(({ leaf, subleaf }) => leaf === 0xd && subleaf === 1)?.eax).toBe(0xf);
  });
});

test("every difference has a quirk", () => {
  for (const { version } of virtualbox.releases) {
    const model = guest(
      `virtualbox@${version}`,
      virtualbox.quirks.map((quirk) => quirk.id),
    );
    expect(model.cpuid).toEqual(SILICON.cpuid);
    expect([...model.msrs]).toEqual([...SILICON.msrs]);
  }
});

test("6.1 refuses nested EPT in one line", () => {
  expect(() => parseColumn("virtualbox@6.1/nested-ept=1", [virtualbox])).toThrow(/virtualbox@6\.1 has no nested EPT/);
});
