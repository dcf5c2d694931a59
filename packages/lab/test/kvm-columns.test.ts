import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { kvm } from "@hvdiff/personality-kvm";
import { bitsOf, high32, type MsrName, msrAddress } from "@hvdiff/spec";
import { qemu } from "@hvdiff/vmm-qemu";
import { describe, expect, test } from "vitest";

const PERSONALITIES = [kvm, qemu];
const SILICON = findCpuModel("skylake-client")!;

function guest(text: string, remove: readonly string[] = []) {
  const context = columnContext(parseColumn(text, PERSONALITIES), SILICON, PERSONALITIES);
  const quirks = activeQuirks(context, PERSONALITIES, { add: new Set(), remove: new Set(remove) });
  return buildGuestModel(SILICON, context, quirks);
}

function msr(text: string, name: MsrName, remove: readonly string[] = []): bigint | undefined {
  return guest(text, remove).msrs.get(msrAddress(name));
}

function secondary(text: string, remove: readonly string[] = []): number {
  return high32(msr(text, "IA32_VMX_PROCBASED_CTLS2", remove) ?? 0n);
}

function cpuid(text: string, leaf: number, subleaf: number) {
  return guest(text).cpuid.find((entry) => entry.leaf === leaf >>> 0 && entry.subleaf === subleaf);
}

const SEED = "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on";

describe("secondary controls of a column on skylake-client (silicon 001f7cff)", () => {
  test.each([
    ["what libvirt's host-model made: KVM keeps 1378ff, the model's words lack x2APIC and XSAVES", SEED, 0x378ef],
    ["host passes everything that KVM keeps", "kvm@6.1+qemu@8.2/host", 0x1378ff],
    ["max does as host", "kvm@6.1+qemu@8.2/max", 0x1378ff],
    ["a missing model is host-model", "kvm@6.1+qemu@8.2", 0x378ef],
    ["plain Skylake-Client has no XSAVES in CPUID either", "kvm@6.1+qemu@8.2/Skylake-Client", 0x378ef],
    ["version 4 adds vmx-xsaves, x2APIC stays out", "kvm@6.1+qemu@8.2/Skylake-Client-v4", 0x1378ef],
    ["the feature can be named", `${SEED}/vmx-xsaves=on`, 0x1378ef],
    ["both features can be named", `${SEED}/vmx-xsaves=on/vmx-apicv-x2apic=on`, 0x1378ff],
    ["and taken away from host", "kvm@6.1+qemu@8.2/host/vmx-pml=off", 0x1178ff],
    ["xsave=off takes XSAVES from CPUID, so KVM takes the control", "kvm@6.1+qemu@8.2/host/xsave=off", 0x378ff],
    ["xsaves=off alone as well", "kvm@6.1+qemu@8.2/host/xsaves=off", 0x378ff],
    ["before 4.19 no VMCS shadowing", "kvm@4.18/nested=1+qemu@4.2/host", 0x1338ff],
    ["before 4.2 QEMU left the MSRs to KVM", "kvm@5.0+qemu@4.1/Skylake-Client/xsaves=on", 0x1378ff],
    ["vpid=0", "kvm@6.1/vpid=0+qemu@8.2/host", 0x1378df],
    ["unrestricted_guest=0", "kvm@6.1/unrestricted_guest=0+qemu@8.2/host", 0x13787f],
    ["flexpriority=0", "kvm@6.1/flexpriority=0+qemu@8.2/host", 0x1378fe],
    ["eptad=0 takes page-modification logging", "kvm@6.1/eptad=0+qemu@8.2/host", 0x1178ff],
    ["Nehalem ends with VPID, shadowing is not in its words", "kvm@6.1+qemu@8.2/Nehalem", 0x77 & ~0x8],
    ["Skylake-Server has x2APIC", "kvm@6.1+qemu@8.2/Skylake-Server/xsaves=on", 0x378ff],
    ["Icelake-Server lost RDSEED exiting and PML before v4", "kvm@6.1+qemu@8.2/Icelake-Server", 0x78ff],
    ["qemu64 has no VMX words", "kvm@6.1+qemu@8.2/qemu64", 0],
  ])("%s", (_derivation, column, expected) => {
    expect(secondary(column).toString(16)).toBe(expected.toString(16));
  });

  test("the seed's column differs from metal in exactly bits 4, 10, 18, 19 and 20", () => {
    const silicon = high32(SILICON.msrs.get(msrAddress("IA32_VMX_PROCBASED_CTLS2"))!);
    expect(silicon).toBe(0x1f7cff);
    expect(bitsOf((silicon ^ secondary(SEED)) >>> 0)).toEqual([4, 10, 18, 19, 20]);
  });

  test.each([
    ["qemu/vmx/named-model-omits-x2apic", 4],
    ["kvm/vmx/no-pause-loop-exiting", 10],
    ["kvm/vmx/no-ept-violation-ve", 18],
    ["kvm/vmx/no-conceal-vmx-from-pt", 19],
    ["qemu/vmx/named-model-omits-xsaves", 20],
  ])("without %s only bit %i comes back", (quirk, bit) => {
    expect(bitsOf((secondary(SEED, [quirk]) ^ secondary(SEED)) >>> 0)).toEqual([bit]);
  });
});

describe("CPUID", () => {
  test("plain Skylake-Client has no XSAVES, version 4 and xsaves=on have", () => {
    expect(cpuid("kvm@6.1+qemu@8.2/Skylake-Client", 0xd, 1)?.eax).toBe(0x7);
    expect(cpuid("kvm@6.1+qemu@8.2/Skylake-Client-v4", 0xd, 1)?.eax).toBe(0xf);
    expect(cpuid(SEED, 0xd, 1)?.eax).toBe(0xf);
  });

  test("xsave=off takes leaf 0DH's contents and the XSAVE bit", () => {
    const text = `${SEED.replace("xsaves=on", "xsave=off")}`;
    expect(cpuid(text, 0xd, 1)).toBeUndefined();
    expect((cpuid(text, 1, 0)!.ecx >>> 26) & 1).toBe(0);
  });

  test("the physical-address width is 40 for named models, 39 with the host's", () => {
    expect(guest("kvm@6.1+qemu@8.2/Skylake-Client").maxPhysicalAddress).toBe(40);
    expect(guest("kvm@6.1+qemu@8.2").maxPhysicalAddress).toBe(40);
    expect(guest("kvm@6.1+qemu@8.2/qemu64").maxPhysicalAddress).toBe(40);
    expect(guest("kvm@6.1+qemu@8.2/Skylake-Client/host-phys-bits=on").maxPhysicalAddress).toBe(39);
    expect(guest("kvm@6.1+qemu@8.2/host").maxPhysicalAddress).toBe(39);
    expect(guest("kvm@6.1+qemu@8.2/host/phys-bits=36").maxPhysicalAddress).toBe(36);
    expect(guest("kvm@6.1+qemu@8.2/Skylake-Client", ["qemu/cpuid/phys-bits-40"]).maxPhysicalAddress).toBe(39);
  });

  test("nested is off before 4.20 unless asked for", () => {
    const hasVmx = (text: string) => ((cpuid(text, 1, 0)!.ecx >>> 5) & 1) === 1;
    expect(hasVmx("kvm@4.19")).toBe(false);
    expect(msr("kvm@4.19", "IA32_VMX_BASIC")).toBeUndefined();
    expect(hasVmx("kvm@4.19/nested=1")).toBe(true);
    expect(hasVmx("kvm@4.20")).toBe(true);
    expect(hasVmx("kvm@4.20/nested=0")).toBe(false);
    expect(hasVmx(`${SEED}/vmx=off`)).toBe(false);
  });

  test("KVM names itself, unless told not to", () => {
    expect(cpuid(SEED, 0x40000000, 0)?.ebx).toBe(0x4b4d564b);
    expect((cpuid(SEED, 1, 0)!.ecx >>> 31) & 1).toBe(1);
    expect(cpuid(`${SEED}/kvm=off`, 0x40000000, 0)).toBeUndefined();
    expect((cpuid(`${SEED}/hypervisor=off`, 1, 0)!.ecx >>> 31) & 1).toBe(0);
  });
});

describe("other capability MSRs with -cpu host", () => {
  const host = "kvm@6.1+qemu@8.2/host";
  test.each<[string, MsrName, bigint]>([
    ["own revision, 4096 bytes, no dual monitor", "IA32_VMX_BASIC", 0x00d8_1000_11e5_7ed0n],
    ["pin controls with the timer, without posted interrupts", "IA32_VMX_PINBASED_CTLS", 0x7f_0000_0016n],
    ["primary controls as the silicon's", "IA32_VMX_TRUE_PROCBASED_CTLS", 0xfff9_fffe_0400_6172n],
    ["exit controls with MPX", "IA32_VMX_EXIT_CTLS", 0x00ff_ffff_0003_6dffn],
    ["entry controls with MPX", "IA32_VMX_TRUE_ENTRY_CTLS", 0x0001_f3ff_0000_11fbn],
    ["rate 5, HLT and wait-for-SIPI, VMWRITE to all fields", "IA32_VMX_MISC", 0x2000_0165n],
    ["no UC structures, no advanced exit information", "IA32_VMX_EPT_VPID_CAP", 0x0f01_0633_4041n],
    ["CR4 bits by CPUID", "IA32_VMX_CR4_FIXED1", 0x37_27ffn],
    ["QEMU's constant", "IA32_VMX_VMCS_ENUM", 0x2en],
  ])("%s: %s", (_derivation, name, expected) => {
    expect(msr(host, name)?.toString(16)).toBe(expected.toString(16));
  });

  test("before 5.11 MISC has no wait-for-SIPI, and named models never do", () => {
    expect(msr("kvm@5.10+qemu@5.2/host", "IA32_VMX_MISC")).toBe(0x2000_0065n);
    expect(msr(SEED, "IA32_VMX_MISC")).toBe(0x2000_0065n);
  });
});

describe("every difference has a quirk", () => {
  test.each(["kvm@6.1+qemu@8.2/host", SEED, "kvm@4.14/nested=1+qemu@2.12/Nehalem", "kvm@6.16"])(
    "%s without its quirks is the silicon",
    (text) => {
      const all = PERSONALITIES.flatMap((personality) => personality.quirks.map((quirk) => quirk.id));
      const model = guest(text, all);
      expect(model.cpuid).toEqual(SILICON.cpuid);
      expect([...model.msrs]).toEqual([...SILICON.msrs]);
    },
  );
});
