import type { NestedState } from "@hvdiff/nested";
import { describe, expect, test } from "vitest";
import { nestedStateBytes, nestedStateFrom } from "./kvm-nested-state.ts";

const PAGE = 4096;
const OUTSIDE: NestedState = {
  vmxonPointer: -1,
  currentPointer: -1,
  guestMode: false,
  runPending: false,
  monitorTrapPending: false,
  enlightened: false,
  timer: null,
  vmcs12: null,
  shadowVmcs12: null,
};
const ROOT: NestedState = {
  ...OUTSIDE,
  vmxonPointer: 0x1000,
  currentPointer: 0x2000,
  vmcs12: new Uint8Array(PAGE).fill(7),
};
const L2: NestedState = {
  ...ROOT,
  guestMode: true,
  runPending: true,
  monitorTrapPending: true,
  timer: 123,
  shadowVmcs12: new Uint8Array(PAGE).fill(9),
};

describe("struct kvm_nested_state", () => {
  test.each([
    ["outside of VMX operation", OUTSIDE, 128],
    ["in root operation", ROOT, 4224],
    ["with L2 and a shadow VMCS", L2, 8320],
  ])("comes back as it was %s", (_, state, size) => {
    const bytes = nestedStateBytes(state, 1000n);
    expect(bytes).toHaveLength(size);
    expect(nestedStateFrom(bytes, 1000n)).toEqual(state);
    expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(size);
  });

  test("tells a deadline, not what is left", () => {
    expect(nestedStateFrom(nestedStateBytes(L2, 1000n), 1100n)).toMatchObject({ timer: 23 });
  });

  test.each([
    ["flags", (bytes: Uint8Array) => bytes.fill(0xff, 0, 2)],
    ["size", (bytes: Uint8Array) => bytes.fill(0, 4, 8)],
  ])("with wrong %s is refused", (what, spoil) => {
    const bytes = nestedStateBytes(ROOT, 0n);
    spoil(bytes);
    expect(nestedStateFrom(bytes, 0n)).toBe(`EINVAL: ${what}`);
  });
});
