import { describe, expect, test } from "vitest";
import { CLIENT_MSRS, createRoot, PLACE, WIDTH } from "../../test/fixtures.ts";
import { createVmxCapabilities } from "../capabilities.ts";
import type { VmxOutcome } from "../outcome.ts";
import { vmcall } from "./vmcall.ts";
import { vmptrst } from "./vmptrst.ts";
import { vmread } from "./vmread.ts";
import { vmwrite } from "./vmwrite.ts";

const BEYOND = 2 ** WIDTH;
const valid = (error: number): VmxOutcome => ({ kind: "failValid", error });
const SUCCEED: VmxOutcome = { kind: "succeed" };
const INVALID: VmxOutcome = { kind: "failInvalid" };
const UNBACKED = 0x8000000;

type Root = ReturnType<typeof createRoot>;

const CASES: readonly [string, (root: Root) => VmxOutcome, VmxOutcome][] = [
  ["vmclear of a misaligned address fails with 2", ({ vmx }) => vmx.vmclear(PLACE.vmcs + 8), valid(2)],
  ["vmclear beyond the width fails with 2", ({ vmx }) => vmx.vmclear(BEYOND), valid(2)],
  ["vmclear of the VMXON region fails with 3", ({ vmx }) => vmx.vmclear(PLACE.vmxon), valid(3)],
  ["vmclear looks at no revision", ({ vmx }) => vmx.vmclear(0x60000), SUCCEED],
  ["vmptrld of a misaligned address fails with 9", ({ vmx }) => vmx.vmptrld(1), valid(9)],
  ["vmptrld beyond the width fails with 9", ({ vmx }) => vmx.vmptrld(BEYOND), valid(9)],
  ["vmptrld of the VMXON region fails with 10", ({ vmx }) => vmx.vmptrld(PLACE.vmxon), valid(10)],
  ["vmptrld of another revision fails with 11", ({ vmx }) => vmx.vmptrld(0x60000), valid(11)],
  ["vmptrld where no memory is fails with 11", ({ vmx }) => vmx.vmptrld(UNBACKED), valid(11)],
  ["vmxon in root operation fails with 15", ({ vmx }) => vmx.vmxon(PLACE.vmxon), valid(15)],
  ["vmresume of a clear VMCS fails with 5", ({ vmx }) => vmx.vmresume(), valid(5)],
  ["vmcall in root operation fails with 1", ({ vmx }) => vmcall(vmx.environment), valid(1)],
  ["vmread of no field fails with 12", ({ vmx }) => vmread(vmx.environment, 0x7ffe, 0), valid(12)],
  ["vmread of an encoding with a high half fails with 12", ({ vmx }) => vmread(vmx.environment, 0x681e, 1), valid(12)],
  [
    "vmread of a field that the processor lacks fails with 12",
    ({ vmx }) => vmread(vmx.environment, 0x2032, 0),
    valid(12),
  ],
  [
    "invept of type 0 fails with 28",
    ({ vmx }) => vmx.invept({ typeLow: 0, typeHigh: 0, eptpLow: 0, eptpHigh: 0 }),
    valid(28),
  ],
  [
    "single-context invept of a bad EPTP fails with 28",
    ({ vmx }) => vmx.invept({ typeLow: 1, typeHigh: 0, eptpLow: 5, eptpHigh: 0 }),
    valid(28),
  ],
  [
    "all-context invept looks at no EPTP",
    ({ vmx }) => vmx.invept({ typeLow: 2, typeHigh: 0, eptpLow: 5, eptpHigh: 0 }),
    SUCCEED,
  ],
];

function invvpid({ vmx }: Root, typeLow: number, descriptorLow: number, linearHigh = 0): VmxOutcome {
  return vmx.invvpid({ typeLow, typeHigh: 0, descriptorLow, descriptorHigh: 0, linearLow: 0, linearHigh });
}

describe("VMX instructions", () => {
  test.each(CASES)("%s", (_, run, outcome) => {
    expect(run(createRoot())).toEqual(outcome);
  });

  test.each([
    [0, 1, 0, SUCCEED],
    [0, 0, 0, valid(28)],
    [0, 1, 0x8000, valid(28)],
    [1, 0, 0, valid(28)],
    [2, 0, 0, SUCCEED],
    [2, 0x10000, 0, valid(28)],
    [3, 1, 0, SUCCEED],
    [4, 1, 0, valid(28)],
  ])("invvpid type %i of descriptor %i with linear high %i", (type, descriptor, high, outcome) => {
    expect(invvpid(createRoot(), type, descriptor, high)).toEqual(outcome);
  });

  test("a failure is recorded in the current VMCS", () => {
    const { vmx, v } = createRoot();
    vmx.vmclear(1);
    expect(v.read("vmInstructionError")).toBe(2n);
  });

  test("without a current VMCS failures are VMfailInvalid", () => {
    const { vmx } = createRoot();
    expect(vmx.vmclear(PLACE.vmcs)).toEqual(SUCCEED);
    expect(vmptrst(vmx.environment)).toMatchObject({ lo: -1, hi: -1 });
    expect(vmx.vmptrld(1)).toEqual(INVALID);
    expect(vmx.vmlaunch()).toEqual(INVALID);
    expect(vmread(vmx.environment, 0x681e, 0)).toEqual(INVALID);
  });

  test("blocking by MOV SS comes before the launch state", () => {
    const { c, vmx } = createRoot();
    c.s[136] = 2;
    expect(vmx.vmresume()).toEqual(valid(26));
  });

  test("vmlaunch of a launched VMCS fails with 4, and vmclear makes it clear again", () => {
    const { vmx } = createRoot();
    expect(vmx.vmlaunch()).toEqual({ kind: "enter" });
    const { environment } = vmx;
    expect(environment.isLaunched(PLACE.vmcs)).toBe(true);
    environment.setLaunched(PLACE.vmcs, false);
    expect(environment.isLaunched(PLACE.vmcs)).toBe(false);
  });

  test("vmwrite of the high encoding changes the high half only", () => {
    const { vmx, v } = createRoot();
    v.write("tscOffset", 0x1_0000_0002n);
    const operands = { encodingLow: 0x2011, encodingHigh: 0, valueLow: 7, valueHigh: 9 };
    expect(vmwrite(vmx.environment, operands)).toEqual(SUCCEED);
    expect(v.read("tscOffset")).toBe(0x7_0000_0002n);
    expect(vmread(vmx.environment, 0x2011, 0)).toEqual({ kind: "value", lo: 7, hi: 0 });
  });

  test("vmwrite of a read-only field fails with 13 unless MISC[29] is set", () => {
    const operands = { encodingLow: 0x4402, encodingHigh: 0, valueLow: 7, valueHigh: 0 };
    expect(vmwrite(createRoot().vmx.environment, operands)).toEqual(SUCCEED);
    const older = createVmxCapabilities(new Map([...CLIENT_MSRS, [0x485, 0x5004_c1e7n]]), WIDTH);
    expect(vmwrite(createRoot({ capabilities: older }).vmx.environment, operands)).toEqual(valid(13));
  });

  test("vmxoff leaves VMX operation", () => {
    const { c, vmx } = createRoot();
    expect(vmx.vmxoff()).toEqual(SUCCEED);
    expect(c.s[142]).toBe(0);
    expect(vmx.vmxon(PLACE.vmxon + 1)).toEqual(INVALID);
    expect(vmx.vmxon(UNBACKED)).toEqual(INVALID);
    expect(vmx.vmxon(PLACE.vmxon)).toEqual(SUCCEED);
  });
});
