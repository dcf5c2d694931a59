import { expect, test } from "vitest";
import { controlAtBit, controlBit, controlDef, controlMask, controlsOf } from "./control-words.ts";

test("controls have the manual's bits", () => {
  expect(controlBit("secondary", "enableXsaves")).toBe(20);
  expect(controlBit("primary", "activateSecondaryControls")).toBe(31);
  expect(controlBit("exit", "hostAddressSpaceSize")).toBe(9);
  expect(controlBit("entry", "ia32eModeGuest")).toBe(9);
  expect(controlAtBit("pin", 3)).toBe("nmiExiting");
  expect(controlAtBit("pin", 1)).toBeUndefined();
});

test("a mask of bit 31 stays unsigned", () => {
  expect(controlMask("primary", "activateSecondaryControls", "hltExiting")).toBe(0x8000_0080);
  expect(controlMask("pin")).toBe(0);
});

test("a word lists its controls ascending and leaves out reserved bits", () => {
  expect(controlsOf("pin", 0x16 | 0x29)).toEqual(["externalInterruptExiting", "nmiExiting", "virtualNmis"]);
  expect(controlsOf("secondary", 0x10_0002n)).toEqual(["enableEpt", "enableXsaves"]);
  expect(controlsOf("tertiary", 1n << 40n)).toEqual([]);
});

test("a control carries the names others give it", () => {
  expect(controlDef("secondary", "apicRegisterVirtualization")).toMatchObject({
    vmxcap: "APIC register emulation",
    qemu: "vmx-apicv-register",
  });
});

test("what a guest lacked of its host reads as five controls", () => {
  // Allowed-1 halves of IA32_VMX_PROCBASED_CTLS2 of a host and of the guest on it.
  expect(controlsOf("secondary", 0x001f_7cff & ~0x0003_78ef)).toEqual([
    "virtualizeX2apicMode",
    "pauseLoopExiting",
    "eptViolationVe",
    "concealVmxFromPt",
    "enableXsaves",
  ]);
});
