import { describe, expect, test, vi } from "vitest";
import { CODE_BASE, createSystem, exceptionsOf, PAGE_TABLES, type System } from "../../test/system/processor-kit.ts";

const REP_MOVSQ = [0xf3, 0x48, 0xa5];
const REP_STOSB = [0xf3, 0xaa];
/** Source and target whose pages want the same entries of the TLB. */
const SOURCE = 0x20_0000;
const TARGET = 0x40_0000;

function prepare(system: System, from: number, to: number, count: number): void {
  system.c.setGpr(6, BigInt(from));
  system.c.setGpr(7, BigInt(to));
  system.c.setGpr(1, BigInt(count));
}

function registers({ c }: System): number[] {
  return [1, 6, 7].map((register) => Number(c.gpr(register)));
}

describe("string instructions in bulk", () => {
  test("pages that want the same TLB entry are walked once each, not once an element", () => {
    const system = createSystem("long");
    const data = Uint8Array.from({ length: 8192 }, (_, n) => n * 13 + (n >> 8));
    system.memory.writeBytes(SOURCE, data);
    prepare(system, SOURCE, TARGET, 1024);
    const translate = vi.spyOn(system.c.mmu, "translate");
    system.run(REP_MOVSQ, 1);
    expect(system.memory.readBytes(TARGET, 8192)).toEqual(data);
    expect(registers(system)).toEqual([0, SOURCE + 8192, TARGET + 8192]);
    expect(translate.mock.calls.length).toBeLessThan(8);
  });

  test.each([
    ["source", 0x80_0000 - 4096, 0x30_0000, 0, 512],
    ["target", 0x30_0000, 0x80_0000 - 4096, 2, 512],
  ])("a %s page that is not there faults at its first element", (_, from, to, errorCode, done) => {
    const system = createSystem("long");
    prepare(system, from, to, 600);
    system.run(REP_MOVSQ, 1);
    expect(exceptionsOf(system)[0]).toBe(`14:${errorCode}`);
    expect(registers(system)).toEqual([600 - done, from + 4096, to + 4096]);
  });

  test("the dirty bit of a page is set by the first store of a fill", () => {
    const system = createSystem("long");
    prepare(system, 0, TARGET, 4096);
    system.run(REP_STOSB, 1);
    expect(system.memory.read64(PAGE_TABLES + 0x2000 + 16) & 0x60n).toBe(0x60n);
  });

  test("a fill over code that was decoded is noticed", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    // inc ebx; hlt
    memory.writeBytes(CODE_BASE + 0x100, Uint8Array.from([0xff, 0xc3, 0xf4]));
    c.rip = BigInt(CODE_BASE + 0x100);
    system.engine.run(c.retired + 1);
    prepare(system, 0, CODE_BASE + 0x100, 64);
    c.setGpr(0, 0x90n);
    c.rip = BigInt(CODE_BASE);
    // rep stosb; jmp to what was filled
    system.run([...REP_STOSB, 0xe9, 0xf9, 0x00, 0x00, 0x00], 12);
    expect(c.gpr(3)).toBe(1n);
  });

  test("a fill lets events in after 4096 elements", () => {
    const system = createSystem("long");
    prepare(system, 0, TARGET, 10_000);
    system.run(REP_STOSB, 1);
    expect([registers(system)[0], system.c.rip]).toEqual([10_000 - 4096, BigInt(CODE_BASE)]);
  });
});
