import type { ControlName } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { PLACE } from "../../test/fixtures.ts";
import { ACCESS_PAGE, CODE, resume, runGuest, VIRTUAL_APIC } from "../../test/guest-program.ts";

const VMCALL = 18;
const TPR_BELOW_THRESHOLD = 43;
const APIC_ACCESS = 44;
const APIC_WRITE = 56;
const VALUE = 0x5a5a_0020;

type Secondary = readonly ControlName<"secondary">[];
const ACCESSES: Secondary = ["virtualizeApicAccesses"];
const REGISTERS: Secondary = [...ACCESSES, "apicRegisterVirtualization"];
const DELIVERY: Secondary = [...ACCESSES, "virtualInterruptDelivery"];

function runAccess(code: readonly number[], secondary: Secondary, tprShadow = true) {
  return runGuest({
    code: [...code, ...CODE.vmcall],
    pin: ["externalInterruptExiting"],
    primary: tprShadow ? ["useTprShadow"] : [],
    secondary,
    prepare: ({ c }) => {
      for (let offset = 0; offset < 4096; offset += 16) c.memory.write32(VIRTUAL_APIC + offset, VALUE + offset);
      c.s[0] = 0x30;
    },
  });
}

describe("loads from the APIC-access page", () => {
  test.each([
    ["TPR", ACCESSES, 0x80],
    ["the EOI register with virtual-interrupt delivery", DELIVERY, 0xb0],
    ["the interrupt command with virtual-interrupt delivery", DELIVERY, 0x300],
    ["the APIC id with APIC-register virtualization", REGISTERS, 0x20],
    ["the version", REGISTERS, 0x30],
    ["ISR", REGISTERS, 0x170],
    ["IRR", REGISTERS, 0x200],
    ["a local vector", REGISTERS, 0x370],
  ] as const)("%s are of the virtual-APIC page", (_, secondary, offset) => {
    const { c, reason } = runAccess(CODE.load(ACCESS_PAGE + offset), secondary);
    expect(reason).toBe(VMCALL);
    expect(c.s[0]).toBe(VALUE + offset);
  });

  test.each([
    ["the APIC id without APIC-register virtualization", ACCESSES, CODE.load(ACCESS_PAGE + 0x20), 0x20, 7],
    ["PPR, which is never virtualized", REGISTERS, CODE.load(ACCESS_PAGE + 0xa0), 0xa0, 7],
    ["the current count", REGISTERS, CODE.load(ACCESS_PAGE + 0x390), 0x390, 7],
    ["the bytes between registers", REGISTERS, CODE.load(ACCESS_PAGE + 0x84), 0x84, 7],
    ["more than 32 bits", REGISTERS, CODE.load64(ACCESS_PAGE + 0x80), 0x80, 8],
  ] as const)("%s exit", (_, secondary, code, offset, length) => {
    const { v, reason } = runAccess(code, secondary);
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification")).toBe(BigInt(offset));
    expect(v.read("vmExitInstructionLength")).toBe(BigInt(length));
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode));
  });

  test("of TPR without a TPR shadow exit", () => {
    expect(runAccess(CODE.load(ACCESS_PAGE + 0x80), ACCESSES, false).reason).toBe(APIC_ACCESS);
  });

  test("that cross into the page exit once", () => {
    const { v, reason } = runAccess(CODE.load64(ACCESS_PAGE - 4), REGISTERS);
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification")).toBe(0n);
  });
});

describe("stores to the APIC-access page", () => {
  test("of TPR leave 8 bits in the virtual-APIC page", () => {
    const { c, reason } = runAccess([...CODE.setEax(0x1234_5678), ...CODE.store(ACCESS_PAGE + 0x80)], ACCESSES);
    expect(reason).toBe(VMCALL);
    expect(c.memory.read32(VIRTUAL_APIC + 0x80)).toBe(0x78);
  });

  test("of TPR below the threshold exit behind the instruction", () => {
    const { v, c, vmx } = runAccess([...CODE.setEax(0x20), ...CODE.store(ACCESS_PAGE + 0x80)], ACCESSES);
    v.write("tprThreshold", 3n);
    c.memory.write32(VIRTUAL_APIC + 0x80, 0x40);
    v.write("guestRip", BigInt(PLACE.guestCode));
    expect(resume(c, v, vmx).reason).toBe(TPR_BELOW_THRESHOLD);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 5 + 7));
    // And again before the first instruction, as long as nothing has changed.
    expect(resume(c, v, vmx).reason).toBe(TPR_BELOW_THRESHOLD);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 5 + 7));
  });

  test.each([
    ["the EOI register without virtual-interrupt delivery", 0xb0],
    ["a local vector", 0x320],
    ["the spurious-interrupt vector", 0xf0],
    ["the interrupt command", 0x300],
  ])("of %s are done and exit behind the instruction", (_, offset) => {
    const { c, v, reason } = runAccess([...CODE.setEax(0x1234), ...CODE.store(ACCESS_PAGE + offset)], REGISTERS);
    expect(reason).toBe(APIC_WRITE);
    expect(v.read("exitQualification")).toBe(BigInt(offset));
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 5 + 7));
    expect(c.memory.read32(VIRTUAL_APIC + offset)).toBe(0x1234);
  });

  test("of the high interrupt command keep its destination and do not exit", () => {
    const { c, reason } = runAccess([...CODE.setEax(0x1234_5678), ...CODE.store(ACCESS_PAGE + 0x310)], REGISTERS);
    expect(reason).toBe(VMCALL);
    expect(c.memory.read32(VIRTUAL_APIC + 0x310)).toBe(0x1200_0000);
  });

  test("of the version exit as writes, and a read-modify-write leaves everything as it was", () => {
    const { c, v, reason } = runAccess(CODE.addTo(ACCESS_PAGE + 0x30), REGISTERS);
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification")).toBe(0x1030n);
    expect(c.memory.read32(VIRTUAL_APIC + 0x30)).toBe(VALUE + 0x30);
  });
});

describe("other accesses to the APIC-access page", () => {
  test("fetches exit with type 2", () => {
    const { v, reason } = runAccess(CODE.jump(ACCESS_PAGE + 0x80), REGISTERS);
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification")).toBe(0x2080n);
    expect(v.read("guestRip")).toBe(BigInt(ACCESS_PAGE + 0x80));
  });

  test("walks of guest paging structures in it exit with type 15", () => {
    const { v, reason } = runGuest({
      code: CODE.vmcall,
      primary: ["useTprShadow"],
      secondary: ACCESSES,
      prepare: ({ c, v: vmcs }) => {
        c.memory.write64(ACCESS_PAGE, BigInt(PLACE.pdpt | 7));
        vmcs.write("guestCr3", BigInt(ACCESS_PAGE));
      },
    });
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification") >> 12n).toBe(15n);
  });

  test("an event delivered through it exits with type 3 and IDT-vectoring information", () => {
    const { v, reason } = runGuest({
      code: CODE.vmcall,
      primary: ["useTprShadow"],
      secondary: ACCESSES,
      prepare: ({ v: vmcs }) => {
        vmcs.write("guestIdtrBase", BigInt(ACCESS_PAGE));
        vmcs.write("guestIdtrLimit", 0xfffn);
        vmcs.write("guestRflags", 0x202n);
        vmcs.write("vmEntryInterruptionInformation", 0x8000_0020n);
      },
    });
    expect(reason).toBe(APIC_ACCESS);
    expect(v.read("exitQualification") >> 12n).toBe(3n);
    expect(v.read("idtVectoringInformation")).toBe(0x8000_0020n);
  });

  test("root mode reads the page as memory", () => {
    const { c } = runAccess([], REGISTERS);
    expect(c.apicAccessPage).toBe(-1);
    c.memory.write32(ACCESS_PAGE + 0x80, 0x77);
    expect(c.load32(ACCESS_PAGE + 0x80, 0)).toBe(0x77);
  });
});
