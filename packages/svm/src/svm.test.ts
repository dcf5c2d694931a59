import { STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createHost, enableNestedPaging, PLACE, runGuest } from "../test/fixtures.ts";

const VMMCALL = [0x0f, 0x01, 0xd9] as const;

describe("a guest on the simulated processor", () => {
  test("VMRUN enters guest mode and VMMCALL comes back behind it with GIF 0", () => {
    const host = createHost();
    const { c, v, svm } = host;
    expect(svm.globalInterruptFlag).toBe(true);
    expect(runGuest(host, 0x90, ...VMMCALL)).toBe(0x81n);
    expect(v.read("rip")).toBe(BigInt(PLACE.guestCode + 1));
    expect(v.read("nextRip")).toBe(BigInt(PLACE.guestCode + 4));
    expect(c.s[STATE.VIRTUALIZATION_MODE]).toBe(0);
    expect(svm.globalInterruptFlag).toBe(false);
    expect(c.gpr(0)).toBe(BigInt(PLACE.vmcb));
    expect(c.rip).toBe(BigInt(PLACE.hostCode + 4));
  });

  test("RAX of guest and host are switched, other general registers are not", () => {
    const host = createHost();
    host.v.write("rax", 5n);
    // add rax, 2; mov rcx, rax
    runGuest(host, 0x48, 0x83, 0xc0, 0x02, 0x48, 0x89, 0xc1, ...VMMCALL);
    expect(host.v.read("rax")).toBe(7n);
    expect(host.c.gpr(1)).toBe(7n);
  });

  test("VMMCALL without its intercept is #UD, which the guest cannot handle here: shutdown", () => {
    const host = createHost();
    host.v.write("intercept4", 1n);
    expect(runGuest(host, ...VMMCALL)).toBe(0x7fn);
  });

  test("without EFER.SVME VMRUN is #UD", () => {
    const host = createHost();
    host.c.s[STATE.EFER] = 0x500;
    runGuest(host, ...VMMCALL);
    expect(host.c.stop).toMatchObject({ kind: "triple-fault" });
  });
});

describe("nested paging", () => {
  test("a read of a page that is not mapped is 0x400 with error code and address", () => {
    const host = createHost();
    enableNestedPaging(host);
    // mov rax, [0x200008]
    host.memory.write32(PLACE.directory + 8, 0x200087);
    const code = [0x48, 0x8b, 0x04, 0x25, 0x08, 0x00, 0x20, 0x00];
    expect(runGuest(host, ...code, ...VMMCALL)).toBe(0x400n);
    expect(host.v.read("exitInfo1")).toBe(0x1_0000_0004n);
    expect(host.v.read("exitInfo2")).toBe(0x200008n);
    expect(host.v.read("instructionBytesFetched")).toBe(15n);
    expect([...host.memory.readBytes(PLACE.vmcb + 0xd1, 8)]).toEqual(code);
  });

  test("the guest's page tables are read as if they were written", () => {
    const host = createHost();
    enableNestedPaging(host);
    host.memory.write32(PLACE.nestedDirectory, 0x85);
    expect(runGuest(host, ...VMMCALL)).toBe(0x400n);
    expect(host.v.read("exitInfo1")).toBe(0x2_0000_0007n);
    expect(host.v.read("exitInfo2")).toBe(BigInt(PLACE.pml4));
  });

  test.each([
    ["4 KiB", 0],
    ["2 MiB", 1],
    ["1 GiB", 2],
  ] as const)("pages of %s map the guest", (_, size) => {
    const host = createHost();
    enableNestedPaging(host);
    if (size === 2) host.memory.write32(PLACE.nestedPdpt, 0x87);
    if (size === 0) {
      host.memory.write32(PLACE.nestedDirectory, PLACE.nestedTable | 7);
      for (let n = 0; n < 512; n++) host.memory.write32(PLACE.nestedTable + n * 8, (n << 12) | 7);
    }
    expect(runGuest(host, ...VMMCALL)).toBe(0x81n);
  });

  test("CPUID without 1-GiB pages makes their PS bit reserved", () => {
    const host = createHost();
    enableNestedPaging(host);
    Object.assign(host.c, { gigabytePages: false });
    host.memory.write32(PLACE.nestedPdpt, 0x87);
    expect(runGuest(host, ...VMMCALL)).toBe(0x400n);
    expect(host.v.read("exitInfo1")).toBe(0x2_0000_000fn);
  });
});

describe("INIT", () => {
  const spin = [0xeb, 0xfe] as const;

  test("is an intercept of its own, and stays pending", () => {
    const host = createHost();
    host.v.write("intercept3", (1n << 31n) | 8n);
    host.arriving.events = STATE.EVENT_INIT;
    expect(runGuest(host, ...spin)).toBe(0x63n);
    expect(host.c.s[STATE.EVENTS]! & STATE.EVENT_INIT).toBe(STATE.EVENT_INIT);
  });

  test("redirected by VM_CR.R_INIT is #SX with error code 1, and consumed", () => {
    const host = createHost();
    host.arriving.events = STATE.EVENT_INIT;
    host.v.write("interceptExceptions", 1n << 30n);
    host.writeRInit();
    expect(runGuest(host, ...spin)).toBe(0x5en);
    expect(host.v.read("exitInfo1")).toBe(1n);
    expect(host.c.s[STATE.EVENTS]! & STATE.EVENT_INIT).toBe(0);
  });

  test("an INIT intercept beats the redirection", () => {
    const host = createHost();
    host.writeRInit();
    host.v.write("intercept3", (1n << 31n) | 8n);
    host.v.write("interceptExceptions", 1n << 30n);
    host.arriving.events = STATE.EVENT_INIT;
    expect(runGuest(host, ...spin)).toBe(0x63n);
  });
});
