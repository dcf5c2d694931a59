import { STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createHost, type Host, PLACE, runGuest } from "../../test/fixtures.ts";

const VMMCALL = [0x0f, 0x01, 0xd9] as const;
const STI = 0xfb;
const NOP = 0x90;
const V_IRQ = 1n << 8n;
const V_GIF = 1n << 9n;
const V_NMI = 1n << 11n;
const V_NMI_MASK = 1n << 12n;
const V_IGNORE_TPR = 1n << 20n;
const V_INTR_MASKING = 1n << 24n;
const V_GIF_ENABLE = 1n << 25n;
const V_NMI_ENABLE = 1n << 26n;
const priority = (value: bigint): bigint => value << 16n;
const HANDLED = 0x77;

/** A gate for the vector whose handler leaves a mark in CL, and its end. */
function handle({ memory }: Host, vector: number, ...end: number[]): void {
  const gate = PLACE.idt + vector * 16;
  memory.write32(gate, (8 << 16) | (PLACE.guestHandler & 0xffff));
  memory.write32(gate + 4, (PLACE.guestHandler & 0xffff0000) | 0x8e00);
  memory.write32(gate + 8, 0);
  memory.writeBytes(PLACE.guestHandler, Uint8Array.of(0xb1, HANDLED, ...end));
  // The code selector's descriptor, for the gate and IRET.
  memory.write32(0x18008, 0);
  memory.write32(0x1800c, 0x00209b00);
  memory.write32(0x18010, 0);
  memory.write32(0x18014, 0x00cf9300);
  memory.write32(PLACE.vmcb + 0x460 + 4, 0xff);
  memory.write32(PLACE.vmcb + 0x460 + 8, 0x18000);
}

const IRET = [0x48, 0xcf] as const;
const mark = ({ c }: Host): number => Number(c.gpr(1) & 0xffn);

describe("virtual interrupts", () => {
  test("V_IRQ is taken when the guest sets IF, and is 0 at the exit", () => {
    const host = createHost();
    handle(host, 0x31, ...IRET);
    host.v.write("virtualInterruptControl", V_IRQ | V_INTR_MASKING | priority(15n));
    host.v.write("virtualInterruptVector", 0x31n);
    expect(runGuest(host, STI, NOP, NOP, ...VMMCALL)).toBe(0x81n);
    expect(mark(host)).toBe(HANDLED);
    expect(host.v.read("virtualInterruptControl") & V_IRQ).toBe(0n);
  });

  test.each([
    ["a priority not above V_TPR", priority(8n) | 8n, false],
    ["a priority above V_TPR", priority(9n) | 8n, true],
    ["V_IGN_TPR", V_IGNORE_TPR | 15n, true],
    ["a virtual GIF of 0", priority(15n) | V_GIF_ENABLE, false],
    ["a virtual GIF of 1", priority(15n) | V_GIF_ENABLE | V_GIF, true],
  ])("%s decides", (_, control, taken) => {
    const host = createHost();
    handle(host, 0x31, ...IRET);
    host.v.write("virtualInterruptControl", V_IRQ | V_INTR_MASKING | control);
    host.v.write("virtualInterruptVector", 0x31n);
    runGuest(host, STI, NOP, NOP, ...VMMCALL);
    expect(mark(host) === HANDLED).toBe(taken);
  });

  test("with the VINTR intercept it is 0x64 in front of the delivery", () => {
    const host = createHost();
    host.v.write("virtualInterruptControl", V_IRQ | V_INTR_MASKING | priority(15n));
    host.v.write("intercept3", (1n << 31n) | 16n);
    expect(runGuest(host, STI, NOP, NOP, ...VMMCALL)).toBe(0x64n);
    expect(host.v.read("rip")).toBe(BigInt(PLACE.guestCode + 2));
    expect(host.v.read("virtualInterruptControl") & V_IRQ).toBe(V_IRQ);
  });

  test("under V_INTR_MASKING CR8 is V_TPR", () => {
    const host = createHost();
    host.v.write("virtualInterruptControl", V_INTR_MASKING | 3n);
    // mov rcx, cr8; mov eax, 5; mov cr8, rax
    runGuest(host, 0x44, 0x0f, 0x20, 0xc1, 0xb8, 5, 0, 0, 0, 0x44, 0x0f, 0x22, 0xc0, ...VMMCALL);
    expect(host.c.gpr(1)).toBe(3n);
    expect(host.v.read("virtualInterruptControl") & 0xffn).toBe(5n);
    expect(host.c.s[STATE.CR8]).toBe(0);
  });
});

describe("virtual NMIs", () => {
  test("V_NMI is delivered, blocks until IRET and is 0 at the exit", () => {
    const host = createHost();
    handle(host, 2, ...VMMCALL);
    host.v.write("intercept3", (1n << 31n) | 2n);
    host.v.write("virtualInterruptControl", V_NMI_ENABLE | V_NMI);
    expect(runGuest(host, NOP, ...VMMCALL)).toBe(0x81n);
    expect(mark(host)).toBe(HANDLED);
    expect(host.v.read("virtualInterruptControl")).toBe(V_NMI_ENABLE | V_NMI_MASK);
    expect(host.c.s[STATE.INTERRUPTIBILITY]! & 8).toBe(0);
  });

  test("V_NMI_MASK holds it back", () => {
    const host = createHost();
    handle(host, 2, ...VMMCALL);
    host.v.write("intercept3", (1n << 31n) | 2n);
    host.v.write("virtualInterruptControl", V_NMI_ENABLE | V_NMI | V_NMI_MASK);
    runGuest(host, NOP, ...VMMCALL);
    expect(mark(host)).not.toBe(HANDLED);
  });
});

describe("physical events", () => {
  test.each([
    ["NMI", 1, STATE.EVENT_NMI, 0x61n],
    ["SMI", 2, STATE.EVENT_SMI, 0x62n],
    ["INIT", 3, STATE.EVENT_INIT, 0x63n],
  ])("an intercepted %s exits and stays pending", (_, bit, event, code) => {
    const host = createHost();
    host.v.write("intercept3", (1n << 31n) | (1n << BigInt(bit)));
    host.arriving.events = event;
    expect(runGuest(host, NOP, ...VMMCALL)).toBe(code);
    expect(host.v.read("rip")).toBe(BigInt(PLACE.guestCode));
    expect(host.c.s[STATE.EVENTS]! & event).toBe(event);
  });

  test("without V_INTR_MASKING an interrupt waits for the guest's IF", () => {
    const host = createHost();
    host.v.write("intercept3", (1n << 31n) | 1n);
    host.arriving.events = STATE.EVENT_INTERRUPT;
    expect(runGuest(host, NOP, STI, NOP, NOP, ...VMMCALL)).toBe(0x60n);
    expect(host.v.read("rip")).toBe(BigInt(PLACE.guestCode + 3));
  });
});

describe("event injection", () => {
  test("an exception is delivered with its error code and not intercepted", () => {
    const host = createHost();
    handle(host, 13, ...VMMCALL);
    host.v.write("interceptExceptions", 1n << 13n);
    host.v.write("eventInjection", 0x8000_0b0dn | (0x18n << 32n));
    expect(runGuest(host, NOP)).toBe(0x81n);
    expect(mark(host)).toBe(HANDLED);
    expect(host.memory.read32(Number(host.v.read("rsp")))).toBe(0x18);
    expect(host.v.read("eventInjection")).toBe(0n);
  });

  test("a software interrupt returns to nRIP", () => {
    const host = createHost();
    handle(host, 0x40, ...VMMCALL);
    host.v.write("eventInjection", 0x8000_0440n);
    host.v.write("nextRip", BigInt(PLACE.guestCode + 2));
    runGuest(host, 0xcd, 0x40);
    expect(host.memory.read64(Number(host.v.read("rsp")))).toBe(BigInt(PLACE.guestCode + 2));
  });

  test("an exit during the delivery reports the event in EXITINTINFO", () => {
    const host = createHost();
    host.v.write("interceptExceptions", 1n << 13n);
    host.v.write("eventInjection", 0x8000_0031n);
    expect(runGuest(host, NOP)).toBe(0x4dn);
    expect(host.v.read("exitInfo1")).toBe(0x18bn);
    expect(host.v.read("exitIntInfo") & 0xffff_ffffn).toBe(0x8000_0031n);
  });
});
