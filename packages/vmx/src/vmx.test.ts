import { Engine, STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createRoot, enableEpt, PLACE } from "../test/fixtures.ts";

const HLT = 0xf4;

describe("a guest on the simulated processor", () => {
  test("vmlaunch enters non-root mode and HLT exits with reason 12", () => {
    const { c, vmx, v } = createRoot();
    c.memory.writeBytes(PLACE.guestCode, Uint8Array.of(0x90, HLT));
    const engine = new Engine(c);
    engine.rootClient = true;
    expect(vmx.vmlaunch()).toEqual({ kind: "enter" });
    expect(c.s[STATE.VIRTUALIZATION_MODE]).toBe(2);
    expect(engine.run(1000)).toBe("root");
    expect(v.read("exitReason")).toBe(12n);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 1));
    expect(v.read("vmExitInstructionLength")).toBe(1n);
    expect(c.rip).toBe(BigInt(PLACE.hostCode));
  });

  test("VMCALL round trips by vmresume", () => {
    const { c, vmx, v } = createRoot();
    c.memory.writeBytes(PLACE.guestCode, Uint8Array.of(0x0f, 0x01, 0xc1, 0xeb, 0xfb));
    const engine = new Engine(c);
    engine.rootClient = true;
    vmx.vmlaunch();
    for (let n = 0; n < 5; n++) {
      expect(engine.run(1e9)).toBe("root");
      expect(v.read("exitReason")).toBe(18n);
      v.write("guestRip", v.read("guestRip") + 3n);
      expect(vmx.vmresume()).toEqual({ kind: "enter" });
    }
  });

  test("a read of an unmapped guest-physical page is an EPT violation with linear and physical address", () => {
    const { c, vmx, v } = createRoot();
    const map = enableEpt(c, v);
    for (const page of [PLACE.pml4, PLACE.pdpt, PLACE.guestCode]) map(page, page, 7);
    // mov rax, [0x60008]
    c.memory.writeBytes(PLACE.guestCode, Uint8Array.of(0x48, 0x8b, 0x04, 0x25, 0x08, 0x00, 0x06, 0x00, HLT));
    const engine = new Engine(c);
    engine.rootClient = true;
    vmx.vmlaunch();
    expect(engine.run(1000)).toBe("root");
    expect(v.read("exitReason")).toBe(48n);
    expect(v.read("exitQualification")).toBe(0x781n);
    expect(v.read("guestPhysicalAddress")).toBe(0x60008n);
    expect(v.read("guestLinearAddress")).toBe(0x60008n);
    map(0x60000, 0x70000, 1);
    c.memory.write32(0x70008, 0x1234);
    vmx.vmresume();
    expect(engine.run(1000)).toBe("root");
    expect(v.read("exitReason")).toBe(12n);
    expect(c.gpr(0)).toBe(0x1234n);
  });
});
