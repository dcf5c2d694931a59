import { type Processor, STATE } from "@hvdiff/cpu";
import { encodingOf, type VmcsField } from "@hvdiff/spec";
import { expect, test } from "vitest";
import { PLACE } from "../../test/fixtures.ts";
import { CODE, runGuest } from "../../test/guest-program.ts";
import type { MemoryVmcs } from "../memory-vmcs.ts";

const READ_BITMAP = 0x62000;
const WRITE_BITMAP = 0x63000;
const SHADOW_INDICATOR = 0x8000_0000;
const VMCALL = 18;
const VMREAD = 23;
const VMWRITE = 25;
const CF = 1n;
const ZF = 0x40n;
const FLAGS = 0x8d5n;

interface Case {
  readonly code: readonly number[];
  readonly encoding: number;
  readonly value?: number;
  readonly intercepted?: VmcsField;
  readonly linked?: boolean;
  readonly user?: boolean;
}

/** VMREAD into RAX or VMWRITE of RAX with the encoding in RCX, in a guest with a shadow VMCS. */
function run(given: Case) {
  const result = runGuest({
    code: [...CODE.setEax(given.value ?? 0), ...CODE.setEcx(given.encoding), ...given.code, ...CODE.vmcall],
    secondary: ["vmcsShadowing"],
    prepare: ({ c, v }) => {
      prepareShadow(c, v, given);
    },
  });
  return { ...result, shadow: result.vmx.vmcsAt(PLACE.otherVmcs)! };
}

function prepareShadow(c: Processor, v: MemoryVmcs, { intercepted, linked = true, user = false }: Case): void {
  c.memory.write32(PLACE.otherVmcs, c.memory.read32(PLACE.vmcs) | SHADOW_INDICATOR);
  v.write("vmreadBitmap", BigInt(READ_BITMAP));
  v.write("vmwriteBitmap", BigInt(WRITE_BITMAP));
  if (linked) v.write("vmcsLinkPointer", BigInt(PLACE.otherVmcs));
  if (intercepted !== undefined) {
    const encoding = encodingOf(intercepted);
    for (const bitmap of [READ_BITMAP, WRITE_BITMAP]) c.memory.write8(bitmap + (encoding >>> 3), 1 << (encoding & 7));
  }
  v.write("exceptionBitmap", 1n << 13n);
  if (!user) return;
  v.write("guestSsSelector", 0x13n);
  v.write("guestCsSelector", 0xbn);
  v.write("guestSsAccessRights", 0xc0f3n);
  v.write("guestCsAccessRights", 0xa0fbn);
}

test("VMWRITE and VMREAD go to the VMCS that the link pointer names", () => {
  const written = run({ code: CODE.vmwrite, encoding: encodingOf("guestRip"), value: 0x1234 });
  expect(written.reason).toBe(VMCALL);
  expect(written.shadow.read("guestRip")).toBe(0x1234n);
  expect(written.v.read("guestRflags") & FLAGS).toBe(0n);
  const read = run({
    code: [...CODE.vmwrite, ...CODE.setEax(0), ...CODE.vmread],
    encoding: encodingOf("exitQualification"),
    value: 0x55,
  });
  expect(read.c.s[STATE.GPR]).toBe(0x55);
});

test.each([
  ["VMREAD", CODE.vmread, VMREAD],
  ["VMWRITE", CODE.vmwrite, VMWRITE],
])("%s exits where its bitmap says so, and for encodings beyond it", (_, code, reason) => {
  const encoding = encodingOf("guestRip");
  expect(run({ code, encoding, intercepted: "guestRip" }).reason).toBe(reason);
  expect(run({ code, encoding, intercepted: "guestRsp" }).reason).toBe(VMCALL);
  expect(run({ code, encoding: 0x8000 }).reason).toBe(reason);
});

test("a component that does not exist is VMfail 12, noted in the current VMCS", () => {
  const { v, shadow, reason } = run({ code: CODE.vmread, encoding: 0x7ffe });
  expect(reason).toBe(VMCALL);
  expect(v.read("guestRflags") & FLAGS).toBe(ZF);
  expect(v.read("vmInstructionError")).toBe(12n);
  expect(shadow.read("vmInstructionError")).toBe(0n);
});

test("without a link pointer they are VMfailInvalid", () => {
  const { v, reason } = run({ code: CODE.vmread, encoding: encodingOf("guestRip"), linked: false });
  expect(reason).toBe(VMCALL);
  expect(v.read("guestRflags") & FLAGS).toBe(CF);
});

test("the exit comes before the privilege check, and that before everything else", () => {
  const encoding = encodingOf("guestRip");
  expect(run({ code: CODE.vmread, encoding, user: true, intercepted: "guestRip" }).reason).toBe(VMREAD);
  const { v, reason } = run({ code: CODE.vmread, encoding, user: true, linked: false });
  expect(reason).toBe(0);
  expect(v.read("vmExitInterruptionInformation")).toBe(0x8000_0b0dn);
});
