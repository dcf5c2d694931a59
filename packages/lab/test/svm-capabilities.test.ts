import { describe, expect, test } from "vitest";
import { createLab } from "../src/index.ts";

const COLUMNS = ["metal", "kvm@4.14/nested=1", "kvm@5.16", "kvm@6.4", "kvm@6.8", "virtualbox@7.0", "vmware@17"];
const groups = createLab().caps(
  COLUMNS.map((text) => (text.startsWith("kvm") ? `${text}+qemu@8.2/host` : text)),
  { cpu: "zen4" },
).groups;

function statesOf(title: string, label: string): readonly string[] {
  const group = groups.find((known) => known.title === title)!;
  return group.bits.find((bit) => bit.label === label)!.states;
}

describe("what an L1 is told about SVM", () => {
  test.each([
    ["npt", ["yes", "yes", "yes", "yes", "yes", "no", "yes"]],
    ["nrip-save", ["yes", "yes", "yes", "yes", "yes", "yes", "yes"]],
    ["tsc-scale", ["yes", "no", "yes", "yes", "yes", "no", "yes"]],
    ["vgif", ["yes", "no", "no", "yes", "yes", "no", "yes"]],
    ["vnmi", ["yes", "no", "no", "yes", "yes", "no", "yes"]],
    ["flushbyasid", ["yes", "no", "no", "no", "yes", "yes", "yes"]],
    ["decodeassists", ["yes", "no", "no", "no", "no", "yes", "yes"]],
  ])("%s by column", (feature, states) => {
    expect(statesOf("CPUID.0x8000000a:EDX", feature)).toEqual(states);
  });

  test.each([
    ["SVM enable", ["yes", "yes", "yes", "yes", "yes", "yes", "yes"]],
    ["Long-mode segment limit enable", ["no", "yes", "yes", "yes", "yes", "no", "no"]],
  ])("EFER: %s by column", (label, states) => {
    expect(statesOf("EFER bits that may be 1", label)).toEqual(states);
  });

  test.each([
    ["INIT becomes a #SX", ["yes", "yes", "yes", "yes", "yes", "no", "yes"]],
    ["SVMDIS and LOCK read-only", ["yes", "yes", "yes", "yes", "yes", "forced", "yes"]],
  ])("VM_CR: %s by column, with its cause", (label, states) => {
    expect(statesOf("VM_CR as found", label)).toEqual(states);
    const bit = groups.find(({ title }) => title === "VM_CR as found")!.bits.find((known) => known.label === label)!;
    expect(bit.causes[4]).toMatchObject({ kind: "quirks", quirks: [{ id: "virtualbox/svm/vm-cr-locked" }] });
  });
});
