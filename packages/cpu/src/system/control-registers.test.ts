import { describe, expect, test } from "vitest";
import { CODE_BASE, createSystem, exceptionsOf, PAGE_TABLES, type System } from "../../test/system/processor-kit.ts";
import * as S from "../state-layout.ts";

const MOV_CR0_RAX = [0x0f, 0x22, 0xc0];
const MOV_CR3_RAX = [0x0f, 0x22, 0xd8];
const MOV_CR4_RAX = [0x0f, 0x22, 0xe0];
const MOV_RAX_CR0 = [0x0f, 0x20, 0xc0];

/** Runs an instruction with RAX set, and says whether it got through. */
function attempt(system: System, code: readonly number[], rax: bigint): string {
  system.c.setGpr(0, rax);
  system.c.rip = BigInt(CODE_BASE);
  system.c.stop = null;
  system.c.fault = 0;
  system.events.length = 0;
  system.run([...code, 0x90], 1);
  return exceptionsOf(system)[0] ?? "done";
}

describe("mov to CR4", () => {
  test.each([
    ["a bit that no processor has", (1n << 31n) | 0x40220n, "13:0"],
    ["a feature the model lacks (PKE)", (1n << 22n) | 0x40220n, "13:0"],
    ["a bit above 31", (1n << 32n) | 0x40220n, "13:0"],
    ["PAE clear in long mode", 0x40200n, "13:0"],
    ["PGE set", 0x402a0n, "done"],
    ["PCIDE with a clear low CR3", 0x60220n, "done"],
  ])("%s", (_, value, expected) => {
    expect(attempt(createSystem("long"), MOV_CR4_RAX, value)).toBe(expected);
  });

  test("VMXE is locked in VMX operation", () => {
    const system = createSystem("long");
    expect(attempt(system, MOV_CR4_RAX, 0x42220n)).toBe("done");
    system.c.s[S.VIRTUALIZATION_MODE] = 1;
    expect(attempt(system, MOV_CR4_RAX, 0x40220n)).toBe("13:0");
  });

  test("bits that the host owns keep their value", () => {
    const system = createSystem("long");
    const { c } = system;
    c.s[S.CR4_MASK] = 1 << 7;
    expect(attempt(system, MOV_CR4_RAX, 0x402a0n)).toBe("done");
    expect(c.s[S.CR4]).toBe(0x40220);
  });
});

describe("mov to CR0", () => {
  test.each([
    ["PG without PE", 0x80000030n, "13:0"],
    ["NW without CD", 0xa0010031n, "13:0"],
    ["a bit above 31", 0x1_8001_0031n, "13:0"],
    ["PG off in 64-bit mode", 0x10031n, "13:0"],
    ["TS on", 0x80010039n, "done"],
  ])("%s", (_, value, expected) => {
    expect(attempt(createSystem("long"), MOV_CR0_RAX, value)).toBe(expected);
  });

  test("turning paging on with EFER.LME activates IA-32e mode, but only with PAE", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    c.s[S.EFER] = 0x100;
    expect(attempt(system, MOV_CR0_RAX, 0x80000011n)).toBe("13:0");
    memory.write64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 3n);
    memory.write64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2000) | 3n);
    memory.write64(PAGE_TABLES + 0x2000, 0x83n);
    c.s[S.CR3] = PAGE_TABLES;
    c.s[S.CR4] = 1 << 5;
    expect(attempt(system, MOV_CR0_RAX, 0x80000011n)).toBe("done");
    expect(c.s[S.EFER]).toBe(0x500);
  });

  test("a reserved bit in a present PDPTE is refused with PAE paging", () => {
    const system = createSystem("protected");
    const { c, memory } = system;
    c.s[S.CR4] = 1 << 5;
    c.s[S.CR3] = PAGE_TABLES;
    memory.write64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 3n);
    expect(attempt(system, MOV_CR0_RAX, 0x80000011n)).toBe("13:0");
    memory.write64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 1n);
    memory.write64(PAGE_TABLES + 0x1000, 0x83n);
    expect(attempt(system, MOV_CR0_RAX, 0x80000011n)).toBe("done");
    expect(c.get64(S.PDPTE)).toBe(BigInt(PAGE_TABLES + 0x1000) | 1n);
  });

  test("reads mix the real register with the read shadow", () => {
    const system = createSystem("long");
    system.c.s[S.CR0_MASK] = 0x20;
    system.c.s[S.CR0_SHADOW] = 0;
    attempt(system, MOV_RAX_CR0, 0n);
    expect(system.c.gpr(0)).toBe(0x80010011n);
  });
});

describe("mov to CR3", () => {
  test("an address above MAXPHYADDR is #GP in IA-32e mode", () => {
    const system = createSystem("long");
    expect(attempt(system, MOV_CR3_RAX, 1n << 39n)).toBe("13:0");
    expect(attempt(system, MOV_CR3_RAX, BigInt(PAGE_TABLES))).toBe("done");
  });
});

describe("privilege and debug registers", () => {
  test("lmsw sets but never clears PE", () => {
    const system = createSystem("protected");
    expect(attempt(system, [0x0f, 0x01, 0xf0], 0xen)).toBe("done");
    expect(system.c.s[S.CR0]! & 15).toBe(0xf);
  });

  test("general detect raises #DB and sets DR6.BD", () => {
    const system = createSystem("long");
    system.c.s[S.DR7] = 0x2400;
    expect(attempt(system, [0x0f, 0x21, 0xc0], 0n)).toBe("1");
    expect(system.c.s[S.DR6]! & (1 << 13)).not.toBe(0);
  });

  test("dr4 is #UD with CR4.DE and dr6 without", () => {
    const system = createSystem("long");
    system.c.s[S.DR6] = 0xffff0ff0 | 0;
    expect(attempt(system, [0x0f, 0x21, 0xe0], 0n)).toBe("done");
    expect(system.c.gpr(0)).toBe(0xffff0ff0n);
    system.c.s[S.CR4]! |= 8;
    expect(attempt(system, [0x0f, 0x21, 0xe0], 0n)).toBe("6");
  });
});
