import { COMPILE_EARLY, type CompileThresholds, Engine, STATE } from "@hvdiff/cpu";
import { type ControlName, controlMask } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createRoot, PLACE } from "../../test/fixtures.ts";

const NOP = 0x90;
const VMCALL = [0x0f, 0x01, 0xc1];
const BS = 0x4000n;
const IDT = 0x60000;
const HANDLER = 0x61000;

type Root = ReturnType<typeof createRoot>;

function primary(v: Root["v"], ...names: ControlName<"primary">[]): void {
  const field = "primaryProcessorBasedControls";
  v.write(field, v.read(field) | BigInt(controlMask("primary", ...names)));
}

/** Gives the guest a GDT and an IDT whose gate of #UD leads to `HANDLER`. */
function withHandler({ c, v }: Root): void {
  c.memory.write64(PLACE.stack + 8, 0x00af_9b00_0000_ffffn);
  v.write("guestGdtrBase", BigInt(PLACE.stack));
  v.write("guestGdtrLimit", 0xffn);
  c.memory.write64(
    IDT + 6 * 16,
    BigInt(HANDLER & 0xffff) | (8n << 16n) | (0x8en << 40n) | (BigInt(HANDLER >>> 16) << 48n),
  );
  v.write("guestIdtrBase", BigInt(IDT));
  v.write("guestIdtrLimit", 0xfffn);
}

function runGuest(code: readonly number[], prepare: (root: Root) => void): Root {
  const root = createRoot();
  root.c.memory.writeBytes(PLACE.guestCode, Uint8Array.from(code));
  prepare(root);
  const engine = new Engine(root.c);
  engine.rootClient = true;
  expect(root.vmx.vmlaunch()).toEqual({ kind: "enter" });
  expect(engine.run(1000)).toBe("root");
  return root;
}

/** Ticks from the entry of a guest that goes round and round to the exit of its timer. */
function ticksToTimer(value: number, thresholds: CompileThresholds | null): number {
  const { c, v, vmx } = createRoot();
  c.memory.writeBytes(PLACE.guestCode, Uint8Array.from([NOP, NOP, 0xeb, 0xfc]));
  v.write("pinBasedControls", v.read("pinBasedControls") | BigInt(controlMask("pin", "activateVmxPreemptionTimer")));
  v.write("vmxPreemptionTimerValue", BigInt(value));
  const engine = new Engine(c, thresholds);
  engine.rootClient = true;
  expect(vmx.vmlaunch()).toEqual({ kind: "enter" });
  const before = c.retired;
  expect(engine.run(1_000_000)).toBe("root");
  expect(v.read("exitReason")).toBe(52n);
  return (c.retired - before) / 2 ** vmx.capabilities.misc.preemptionTimerRate;
}

test.each([0, 1, 3, 1001])("a timer of %i is exact, however the guest's code is run", (value) => {
  expect(ticksToTimer(value, null)).toBe(value);
  expect(ticksToTimer(value, COMPILE_EARLY)).toBe(value);
});

describe("exits between instructions", () => {
  test("the monitor trap flag comes before a single step, which stays pending for the guest and none for the host", () => {
    const { c, v } = runGuest([NOP, NOP], ({ v: vmcs }) => {
      primary(vmcs, "monitorTrapFlag");
      vmcs.write("guestRflags", 0x102n);
    });
    expect(v.read("exitReason")).toBe(37n);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode + 1));
    expect(v.read("guestPendingDebugExceptions")).toBe(BS);
    expect(c.s[STATE.EVENTS]! & STATE.EVENT_DEBUG_TRAP).toBe(0);
  });

  test("the monitor trap flag exits before the first instruction of a fault's handler", () => {
    const { v } = runGuest([0x0f, 0x0b], (root) => {
      withHandler(root);
      primary(root.v, "monitorTrapFlag");
    });
    expect(v.read("exitReason")).toBe(37n);
    expect(v.read("guestRip")).toBe(BigInt(HANDLER));
  });

  test("a single step in the shadow of MOV SS stays pending over an exit", () => {
    const { v } = runGuest([0x8e, 0xd0, ...VMCALL], ({ c, v: vmcs }) => {
      c.setGpr(0, 0n);
      vmcs.write("guestSsAccessRights", 0x1c093n);
      vmcs.write("guestRflags", 0x102n);
    });
    expect(v.read("exitReason")).toBe(18n);
    expect(v.read("guestInterruptibilityState")).toBe(2n);
    expect(v.read("guestPendingDebugExceptions")).toBe(BS);
  });

  test.each([
    ["a breakpoint without the bit that makes it valid is not delivered", 1n, 18n],
    ["a valid breakpoint is delivered before the first instruction", 0x1001n, 0n],
  ])("%s", (_, pending, reason) => {
    const { v } = runGuest(VMCALL, ({ v: vmcs }) => {
      vmcs.write("exceptionBitmap", 2n);
      vmcs.write("guestPendingDebugExceptions", pending);
    });
    expect(v.read("exitReason")).toBe(reason);
    expect(v.read("guestRip")).toBe(BigInt(PLACE.guestCode));
  });

  test("the counter that an MSR area stores is the host's, without the guest's offset", () => {
    const { c } = runGuest(VMCALL, ({ c: processor, v: vmcs }) => {
      primary(vmcs, "useTscOffsetting");
      vmcs.write("tscOffset", 1n << 40n);
      vmcs.write("vmExitMsrStoreCount", 1n);
      vmcs.write("vmExitMsrStoreAddress", BigInt(PLACE.msrArea));
      processor.memory.write32(PLACE.msrArea, 0x10);
    });
    expect(c.memory.read32(PLACE.msrArea + 12)).toBe(0);
  });
});
