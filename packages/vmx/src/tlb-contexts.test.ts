import { FAULT_NONE } from "@hvdiff/cpu";
import { controlMask } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { createRoot, PLACE } from "../test/fixtures.ts";

const WRITE_PROTECT = 1n << 16n;
const TARGET = 0x60000;

/** Enters a guest with a VPID, has it write to a read-only page, and leaves it. True if the write was allowed. */
function createWriter() {
  const { c, v, vmx } = createRoot();
  v.write(
    "primaryProcessorBasedControls",
    v.read("primaryProcessorBasedControls") | BigInt(controlMask("primary", "activateSecondaryControls")),
  );
  v.write("secondaryProcessorBasedControls", BigInt(controlMask("secondary", "enableVpid")));
  v.write("virtualProcessorIdentifier", 1n);
  c.memory.write64(PLACE.pdpt, 0x85n);
  const write = () => {
    c.fault = FAULT_NONE;
    c.store32(TARGET, 0, 1);
    const allowed = c.fault === FAULT_NONE;
    c.fault = FAULT_NONE;
    return allowed;
  };
  return { c, v, vmx, write };
}

test("an entry with the same VPID and CR0.WP set anew does not use what WP = 0 allowed", () => {
  const { c, v, vmx, write } = createWriter();
  v.write("guestCr0", v.read("guestCr0") & ~WRITE_PROTECT);
  expect(vmx.vmlaunch()).toEqual({ kind: "enter" });
  expect(write()).toBe(true);
  c.extension!.tripleFault();
  v.write("guestCr0", v.read("guestCr0") | WRITE_PROTECT);
  expect(vmx.vmresume()).toEqual({ kind: "enter" });
  expect(write()).toBe(false);
});

test("translations stay across exits with the same VPID and rights, whatever the paging structures say now", () => {
  const { c, v, vmx, write } = createWriter();
  v.write("guestCr0", v.read("guestCr0") & ~WRITE_PROTECT);
  vmx.vmlaunch();
  expect(write()).toBe(true);
  c.extension!.tripleFault();
  c.memory.write64(PLACE.pdpt, 0n);
  vmx.vmresume();
  expect(write()).toBe(true);
  c.extension!.tripleFault();
  vmx.invvpid({ typeLow: 1, typeHigh: 0, descriptorLow: 1, descriptorHigh: 0, linearLow: 0, linearHigh: 0 });
  vmx.vmresume();
  expect(write()).toBe(false);
});
