import { type CpuModel, findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { hyperv } from "@hvdiff/personality-hyperv";
import { kvm } from "@hvdiff/personality-kvm";
import { virtualbox } from "@hvdiff/personality-virtualbox";
import { vmware } from "@hvdiff/personality-vmware";
import { bitsOf, msrName } from "@hvdiff/spec";
import { qemu } from "@hvdiff/vmm-qemu";
import { describe, expect, test } from "vitest";

const PERSONALITIES = [kvm, qemu, virtualbox, vmware, hyperv];
const REGISTERS = ["eax", "ebx", "ecx", "edx"] as const;

/** Every register of CPUID and every capability MSR. */
function registersOf(model: CpuModel): Map<string, bigint> {
  const registers = new Map<string, bigint>();
  for (const entry of model.cpuid)
    for (const register of REGISTERS)
      registers.set(`cpuid.${entry.leaf.toString(16)}.${entry.subleaf}.${register}`, BigInt(entry[register]));
  for (const [address, value] of model.msrs) registers.set(`${msrName(address)}`, value);
  return registers;
}

/** Mask of differing bits of each register that differs. */
function differences(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): Map<string, bigint> {
  const masks = new Map<string, bigint>();
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const mask = (a.get(name) ?? 0n) ^ (b.get(name) ?? 0n);
    if (mask !== 0n) masks.set(name, mask);
  }
  return masks;
}

/** Differing bits that no single quirk, switched off, brings back. */
function withoutSingleCause(text: string, silicon: CpuModel): string[] {
  const context = columnContext(parseColumn(text, PERSONALITIES), silicon, PERSONALITIES);
  const quirks = activeQuirks(context, PERSONALITIES);
  const metal = registersOf(silicon);
  const open = differences(registersOf(buildGuestModel(silicon, context, quirks)), metal);
  for (const quirk of quirks) {
    const others = quirks.filter((other) => other !== quirk);
    const left = differences(registersOf(buildGuestModel(silicon, context, others)), metal);
    for (const [name, mask] of open) open.set(name, mask & (left.get(name) ?? 0n));
  }
  return [...open].flatMap(([name, mask]) => bitsOf(mask).map((bit) => `${name}[${bit}]`));
}

describe.each([
  "skylake-client",
  "icelake-server",
  "haswell",
  "sandy-bridge",
  "nehalem",
  "bochs-icelake-u",
  "bochs-lynnfield",
])("on %s each differing bit has one quirk that brings it back, in", (cpu) => {
  test.each([
    "kvm@6.1+qemu@8.2/Skylake-Client/xsaves=on",
    "kvm@6.1+qemu@8.2/host",
    "kvm@6.1+qemu@8.2/host/xsave=off",
    "kvm@6.1+qemu@8.2",
    "kvm@5.4+qemu@4.2/Skylake-Client-v2",
    "kvm@4.14/nested=1+qemu@2.12/host",
    "kvm@6.1+qemu@8.2/Nehalem",
    "virtualbox@6.1",
    "virtualbox@7.0",
    "vmware@17",
    "hyperv@2019",
  ])("%s", (column) => {
    expect(withoutSingleCause(column, findCpuModel(cpu)!)).toEqual([]);
  });
});
