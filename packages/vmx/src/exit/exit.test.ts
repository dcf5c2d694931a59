import { Engine, STATE } from "@hvdiff/cpu";
import { type ControlName, controlMask } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createRoot, enableEpt, PLACE } from "../../test/fixtures.ts";
import { Vmx } from "../vmx.ts";

const HLT = 0xf4;
type Root = ReturnType<typeof createRoot>;

function primary(v: Root["v"], ...names: ControlName<"primary">[]): void {
  const field = "primaryProcessorBasedControls";
  v.write(field, v.read(field) | BigInt(controlMask("primary", ...names)));
}

function runGuest(code: readonly number[], prepare: (root: Root) => void = () => {}): Root {
  const root = createRoot();
  root.c.memory.writeBytes(PLACE.guestCode, Uint8Array.from([...code, HLT]));
  prepare(root);
  const engine = new Engine(root.c);
  engine.rootClient = true;
  expect(root.vmx.vmlaunch()).toEqual({ kind: "enter" });
  expect(engine.run(1000)).toBe("root");
  return root;
}

describe("VM exits", () => {
  test.each([
    ["CPUID", [0x0f, 0xa2], 10n, 2n],
    ["VMCALL", [0x0f, 0x01, 0xc1], 18n, 3n],
    ["VMXOFF", [0x0f, 0x01, 0xc4], 26n, 3n],
    ["VMRESUME", [0x0f, 0x01, 0xc3], 24n, 3n],
    ["INVD", [0x0f, 0x08], 13n, 2n],
    ["XSETBV", [0x0f, 0x01, 0xd1], 55n, 3n],
    ["RDMSR without bitmaps", [0x0f, 0x32], 31n, 2n],
    ["WRMSR without bitmaps", [0x0f, 0x30], 32n, 2n],
  ])("%s exits", (_, code, reason, length) => {
    const { v } = runGuest(code, ({ v: vmcs }) => vmcs.write("guestCr4", 0x42020n));
    expect(v.read("exitReason")).toBe(reason);
    expect(v.read("vmExitInstructionLength")).toBe(length);
  });

  test("VMREAD to memory reports displacement and instruction information", () => {
    // vmread [rbx + rsi*4 + 0x10], rcx
    const { v } = runGuest([0x0f, 0x78, 0x4c, 0xb3, 0x10]);
    expect(v.read("exitReason")).toBe(23n);
    expect(v.read("exitQualification")).toBe(0x10n);
    // scale 2, 64-bit address, DS, index RSI, base RBX, second register RCX
    expect(v.read("vmExitInstructionInformation")).toBe(
      BigInt(2 | (2 << 7) | (3 << 15) | (6 << 18) | (3 << 23) | (1 << 28)),
    );
  });

  test("MSR bitmaps decide by index and direction", () => {
    const withBitmap = ({ c, v }: Root): void => {
      primary(v, "useMsrBitmaps");
      v.write("msrBitmap", BigInt(PLACE.msrBitmap));
      c.memory.write8(PLACE.msrBitmap + 0x400 + (0x82 >> 3), 1 << (0x82 & 7));
    };
    // mov ecx, 0xc0000082; rdmsr
    expect(runGuest([0xb9, 0x82, 0x00, 0x00, 0xc0, 0x0f, 0x32], withBitmap).v.read("exitReason")).toBe(31n);
    expect(runGuest([0xb9, 0x81, 0x00, 0x00, 0xc0, 0x0f, 0x32], withBitmap).v.read("exitReason")).toBe(12n);
    expect(runGuest([0xb9, 0x00, 0x00, 0x00, 0x40, 0x0f, 0x32], withBitmap).v.read("exitReason")).toBe(31n);
  });

  test("I/O bitmaps decide by port, and the qualification tells the access", () => {
    const withBitmaps = ({ c, v }: Root): void => {
      primary(v, "useIoBitmaps");
      v.write("ioBitmapA", BigInt(PLACE.ioBitmaps));
      v.write("ioBitmapB", BigInt(PLACE.ioBitmaps + 0x1000));
      c.memory.write8(PLACE.ioBitmaps + (0x81 >> 3), 1 << (0x81 & 7));
    };
    const exits = runGuest([0x66, 0xe7, 0x80], withBitmaps);
    expect(exits.v.read("exitReason")).toBe(30n);
    expect(exits.v.read("exitQualification")).toBe(0x80_0041n);
    expect(runGuest([0xe6, 0x80], withBitmaps).v.read("exitReason")).toBe(12n);
  });

  test("MOV to CR0 exits when it changes a bit of the host, and CR3 targets do not exit", () => {
    const own = runGuest([0x0f, 0x22, 0xc3], ({ c, v }) => {
      v.write("cr0GuestHostMask", 8n);
      c.setGpr(3, 0x80000039n);
    });
    expect(own.v.read("exitReason")).toBe(28n);
    expect(own.v.read("exitQualification")).toBe(0x300n);
    const target = runGuest([0x0f, 0x22, 0xd8], ({ c, v }) => {
      primary(v, "cr3LoadExiting");
      v.write("cr3TargetCount", 1n);
      v.write("cr3TargetValue0", BigInt(PLACE.pml4));
      c.setGpr(0, BigInt(PLACE.pml4));
    });
    expect(target.v.read("exitReason")).toBe(12n);
  });

  test("an exception in the bitmap exits with its error code", () => {
    // mov al, [0x4_0000_0000]
    const { v } = runGuest([0xa0, 0, 0, 0, 0, 4, 0, 0, 0], ({ v: vmcs }) => vmcs.write("exceptionBitmap", 1n << 14n));
    expect(v.read("exitReason")).toBe(0n);
    expect(v.read("vmExitInterruptionInformation")).toBe(0x8000_0b0en);
    expect(v.read("vmExitInterruptionErrorCode")).toBe(0n);
    expect(v.read("exitQualification")).toBe(0x4_0000_0000n);
    expect(v.read("guestRflags") & 0x10000n).toBe(0x10000n);
  });

  test("a triple fault exits with reason 2", () => {
    expect(runGuest([0x0f, 0x0b]).v.read("exitReason")).toBe(2n);
  });

  test("the interrupt window exits before the next instruction once IF is set", () => {
    const { v } = runGuest([0xfb, 0x90, 0x90], ({ v: vmcs }) => primary(vmcs, "interruptWindowExiting"));
    expect(v.read("exitReason")).toBe(7n);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 2));
  });

  test("the monitor trap flag exits after one instruction, the preemption timer after its count", () => {
    const trap = runGuest([0x90, 0x90, 0x90], ({ v }) => primary(v, "monitorTrapFlag"));
    expect(trap.v.read("exitReason")).toBe(37n);
    expect(trap.v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 1));
    // Rate 7: one tick is 128 instructions; two bytes jump to themselves.
    const timer = runGuest([0xeb, 0xfe], ({ v }) => {
      v.write("pinBasedControls", 0x56n);
      v.write("vmxPreemptionTimerValue", 2n);
    });
    expect(timer.v.read("exitReason")).toBe(52n);
    expect(timer.c.retired).toBe(256);
  });

  test("loads host segments as the manual fixes them", () => {
    const { c } = runGuest([]);
    const cs = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE;
    expect(c.s[cs + STATE.SEGMENT_ACCESS]).toBe(0xa09b);
    expect(c.s[STATE.SEGMENTS + STATE.TR * STATE.SEGMENT_STRIDE + STATE.SEGMENT_LIMIT]).toBe(0x67);
    expect(c.s[STATE.SEGMENTS + STATE.DS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS]).toBe(0x1c093);
    expect(c.rflags).toBe(2n);
  });

  test("a clone in the middle of a guest goes on as the original does", () => {
    const original = createRoot();
    const map = enableEpt(original.c, original.v);
    for (const page of [PLACE.pml4, PLACE.pdpt, PLACE.guestCode]) map(page, page, 7);
    original.c.memory.writeBytes(PLACE.guestCode, Uint8Array.of(0x90, 0x90, HLT));
    original.vmx.vmlaunch();
    const engine = new Engine(original.c);
    engine.rootClient = true;
    engine.run(1);
    const clone = createRoot();
    clone.c.memory.copyFrom(original.c.memory);
    clone.vmx.cloneStateFrom(original.vmx);
    clone.c.translationChanged();
    const other = new Engine(clone.c);
    other.rootClient = true;
    expect([engine.run(100), other.run(100)]).toEqual(["root", "root"]);
    expect(clone.vmx.currentVmcs().read("guestRip")).toBe(original.v.read("guestRip"));
    expect(clone.vmx.rememberedMappings()).toEqual(original.vmx.rememberedMappings());
    expect(clone.vmx).toBeInstanceOf(Vmx);
  });
});
