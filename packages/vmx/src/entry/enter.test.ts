import { STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createRoot, enableEpt, PLACE, SERVER_CAPABILITIES } from "../../test/fixtures.ts";

const ENTER = { kind: "enter" };
const EXIT = { kind: "exit" };

describe("VM entry", () => {
  test("a control violation is error 7 and names its check", () => {
    const { vmx, v } = createRoot();
    v.write("pinBasedControls", 0n);
    expect(vmx.vmlaunch()).toEqual({ kind: "failValid", error: 7 });
    expect(vmx.failedCheck).toBe("control.pin.reserved");
    expect(v.read("vmInstructionError")).toBe(7n);
  });

  test("a host violation is error 8", () => {
    const { vmx, v } = createRoot();
    v.write("hostRip", 0x8000_0000_0000n);
    expect(vmx.vmlaunch()).toEqual({ kind: "failValid", error: 8 });
  });

  test("a guest violation is exit 33 with host state loaded, and the VMCS stays clear", () => {
    const { c, vmx, v } = createRoot();
    c.rip = 0x1234n;
    v.write("guestRflags", 0n);
    v.write("vmExitInstructionLength", 77n);
    expect(vmx.vmlaunch()).toEqual(EXIT);
    expect(v.read("exitReason")).toBe(0x8000_0021n);
    expect(v.read("exitQualification")).toBe(0n);
    expect(v.read("vmExitInstructionLength")).toBe(77n);
    expect(c.rip).toBe(BigInt(PLACE.hostCode));
    expect(v.launched).toBe(false);
  });

  test("the link pointer is exit 33 with qualification 4", () => {
    const { vmx, v } = createRoot();
    v.write("vmcsLinkPointer", 1n);
    vmx.vmlaunch();
    expect(v.read("exitQualification")).toBe(4n);
  });

  test("an MSR that cannot be loaded is exit 34 with its number", () => {
    const { c, vmx, v } = createRoot();
    v.write("vmEntryMsrLoadCount", 2n);
    v.write("vmEntryMsrLoadAddress", BigInt(PLACE.msrArea));
    c.memory.write64(PLACE.msrArea, 0xc000_0081n);
    c.memory.write64(PLACE.msrArea + 16, 0xc000_0100n);
    expect(vmx.vmlaunch()).toEqual(EXIT);
    expect(v.read("exitReason")).toBe(0x8000_0022n);
    expect(v.read("exitQualification")).toBe(2n);
  });

  test("checks run again after a field changed", () => {
    const { vmx, v } = createRoot();
    v.write("guestDsAccessRights", 0x13n);
    expect(vmx.vmlaunch()).toEqual(EXIT);
    expect(vmx.failedCheck).toBe("guest.ds.access.present");
    v.write("guestDsAccessRights", 0xc093n);
    expect(vmx.vmlaunch()).toEqual(ENTER);
  });

  test("loads guest registers and fills masks and shadows", () => {
    const { c, vmx, v } = createRoot();
    v.write("cr0GuestHostMask", 0x20n);
    v.write("cr0ReadShadow", 0x20n);
    v.write("exceptionBitmap", 0x40n);
    v.write("guestIa32SysenterEsp", 0x1234n);
    expect(vmx.vmlaunch()).toEqual(ENTER);
    expect(c.rip).toBe(BigInt(PLACE.guestCode));
    expect(c.s[STATE.CR0_MASK]).toBe(0x20);
    expect(c.s[STATE.EXCEPTION_INTERCEPTS]).toBe(0x40);
    expect(c.s[STATE.VIRTUALIZATION_MODE]).toBe(2);
  });

  test("a control that is not simulated stops the run by name", () => {
    const { c, vmx, v } = createRoot({ capabilities: SERVER_CAPABILITIES });
    enableEpt(c, v);
    v.write("secondaryProcessorBasedControls", 0x800_0002n);
    expect(vmx.vmlaunch()).toEqual(EXIT);
    expect(c.stop).toMatchObject({ kind: "unimplemented", what: "VM-execution control enablePconfig" });
  });

  test("an event whose delivery hits an intercepted fault exits with IDT-vectoring information", () => {
    const { vmx, v } = createRoot();
    v.write("vmEntryInterruptionInformation", 0x8000_0320n - 0x20n + 0x6n);
    v.write("exceptionBitmap", 0xffff_ffffn);
    expect(vmx.vmlaunch()).toEqual(EXIT);
    expect(v.read("exitReason")).toBe(0n);
    expect(v.read("idtVectoringInformation")).toBe(0x8000_0306n);
    expect(v.read("vmExitInterruptionInformation") & 0xffn).toBe(13n);
    expect(v.read("vmEntryInterruptionInformation")).toBe(0x306n);
  });
});
