import { CPU_MODELS, type CpuModel, findCpuModel } from "@hvdiff/cpu";
import { type CpuidFeature, cpuidFeature } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { siliconOf } from "./silicon.ts";

function has(model: CpuModel, name: CpuidFeature): boolean {
  const { leaf, subleaf, register, bit } = cpuidFeature(name);
  const entry = model.cpuid.find((candidate) => candidate.leaf === leaf && candidate.subleaf === subleaf);
  return entry !== undefined && ((entry[register] >>> bit) & 1) === 1;
}

const CR4_FIXED1 = 0x489;

test("every model's own id means the model itself", () => {
  for (const model of CPU_MODELS) expect(siliconOf(model.id)).toBe(model);
});

test.each([
  ["max", "sapphire-rapids"],
  ["host", "sapphire-rapids"],
  ["qemu64", "sapphire-rapids"],
  ["Skylake-Client-v4", "skylake-client"],
  ["Skylake-Client-noTSX-IBRS", "skylake-client"],
  ["Haswell-noTSX", "haswell"],
  ["SandyBridge", "sandy-bridge"],
  ["Nehalem-IBRS", "nehalem"],
  ["max,host-phys-bits", "sapphire-rapids"],
  ["max,vendor=GenuineIntel,migratable=no", "sapphire-rapids"],
  ["max,+vmx,check", "sapphire-rapids"],
  ["max,+svm", "zen4"],
  ["max,vendor=AuthenticAMD", "zen4"],
  ["EPYC-Genoa", "zen4"],
  ["EPYC-Rome-v4", "zen2"],
  ["Opteron_G1,vendor=AuthenticAMD", "k10"],
])("QEMU's %s is %s", (text, id) => {
  expect(siliconOf(text)).toBe(findCpuModel(id));
});

test("a feature that is switched off is gone, with the bit of CR4 and the controls that go with it", () => {
  const model = siliconOf("max,-pcid,-invpcid,-x2apic");
  expect([has(model, "pcid"), has(model, "invpcid"), has(model, "x2apic")]).toEqual([false, false, false]);
  expect((model.msrs.get(CR4_FIXED1)! >> 17n) & 1n).toBe(0n);
  expect((model.msrs.get(0x48b)! >> (32n + 12n)) & 1n).toBe(0n);
  expect(model.id).toBe("max,-pcid,-invpcid,-x2apic");
});

test("a feature of other silicon can be switched on", () => {
  expect(has(findCpuModel("haswell")!, "umip")).toBe(false);
  const model = siliconOf("Haswell,+rdtscp,umip=on");
  expect(has(model, "umip")).toBe(true);
  expect((model.msrs.get(CR4_FIXED1)! >> 11n) & 1n).toBe(1n);
});

test("without XSAVE there is no AVX and no leaf 0DH", () => {
  const model = siliconOf("max,-xsave");
  expect([has(model, "avx"), has(model, "avx2"), has(model, "xsaves")]).toEqual([false, false, false]);
  expect(model.cpuid.some(({ leaf }) => leaf === 0xd)).toBe(false);
});

test("without AVX its state component is gone", () => {
  const model = siliconOf("max,avx=off");
  const leaf = (subleaf: number) => model.cpuid.find((entry) => entry.leaf === 0xd && entry.subleaf === subleaf);
  expect([leaf(0)!.eax & 4, leaf(2)]).toEqual([0, undefined]);
});

test("without VMX its MSRs are gone", () => {
  expect([...siliconOf("max,-vmx").msrs.keys()].filter((address) => address >= 0x480 && address < 0x4a0)).toEqual([]);
});

test("the physical-address width can be chosen", () => {
  expect(siliconOf("max,phys-bits=36").maxPhysicalAddress).toBe(36);
});

test.each([
  ["Haswell,vendor=AuthenticAMD", "vendor=AuthenticAMD: the silicon here is GenuineIntel"],
  ["EPYC-Rome,vendor=GenuineIntel", "vendor=GenuineIntel: the silicon here is AuthenticAMD"],
  ["skylake-clien", 'unknown CPU "skylake-clien" (nearest: skylake-client, icelake-server, nehalem)'],
  ["max,+x2apik", 'CPU feature "x2apik" is not known (nearest: x2apic, x2avic, apic)'],
  ["max,+sev", 'CPU feature "sev" is not simulated: no silicon here has it'],
  ["Nehalem,+xsave", 'CPU feature "xsave" cannot be added to nehalem; choose a model that has it'],
  ["host,hv_passthrough", 'CPU flag "hv_passthrough" belongs to a hypervisor; the silicon has none'],
  ["max,phys-bits=70", "phys-bits=70: must be a number from 32 to 52"],
  ["max,tsc-frequency=1", 'CPU property "tsc-frequency" cannot be set on the silicon'],
  [",+x2apic", 'CPU ",+x2apic" names no model'],
])("%s: one clear line", (text, message) => {
  expect(() => siliconOf(text)).toThrow(message);
});
