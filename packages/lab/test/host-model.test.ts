import { findCpuModel } from "@hvdiff/cpu";
import { activeQuirks, buildGuestModel, columnContext, parseColumn } from "@hvdiff/personality";
import { kvm } from "@hvdiff/personality-kvm";
import { qemu } from "@hvdiff/vmm-qemu";
import { expect, test } from "vitest";

const PERSONALITIES = [kvm, qemu];

/** CPUID leaf 1 EAX and the two maximum leaves that a guest of `host-model` reads. */
function identity(cpu: string): readonly string[] {
  const silicon = findCpuModel(cpu)!;
  const context = columnContext(parseColumn("kvm@6.1+qemu@8.2/host-model", PERSONALITIES), silicon, PERSONALITIES);
  const { cpuid } = buildGuestModel(silicon, context, activeQuirks(context, PERSONALITIES));
  return [1, 0, 0x8000_0000].map((leaf) => cpuid.find((entry) => entry.leaf === leaf)!.eax.toString(16));
}

test.each([
  ["nehalem", ["106a3", "b", "80000008"]],
  ["skylake-client", ["506e3", "d", "80000008"]],
  ["sapphire-rapids", ["806f4", "20", "80000008"]],
  ["k10", ["100f23", "5", "8000000a"]],
  ["zen2", ["830f10", "d", "8000001e"]],
  ["zen4", ["a10f10", "d", "80000021"]],
])("host-model on %s is QEMU's nearest named model", (cpu, expected) => {
  expect(identity(cpu)).toEqual(expected);
});
