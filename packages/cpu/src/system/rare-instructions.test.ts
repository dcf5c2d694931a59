import { describe, expect, test } from "vitest";
import {
  createSystem,
  enter,
  exceptionsOf,
  type System,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import { sapphireRapids } from "../models/sapphire-rapids.ts";
import { skylakeClient } from "../models/skylake-client.ts";
import { CR4 } from "../state-layout.ts";

const DATA_AT = 0x40000;
const ARITHMETIC = 0x8d5n;
const TSD = 4;

function execute(system: System, hex: string): string {
  system.run([...Buffer.from(hex.replaceAll(" ", ""), "hex"), 0x90], 1);
  return exceptionsOf(system)[0] ?? system.c.stop?.kind ?? "done";
}

function onSapphireRapids(gpr: Readonly<Record<number, number>>): System {
  const system = createSystem("long", sapphireRapids);
  for (const [register, value] of Object.entries(gpr)) system.c.setGpr(Number(register), BigInt(value));
  return system;
}

describe("RTM: every transaction aborts at once", () => {
  test("XBEGIN goes to its fallback path with EAX = 0", () => {
    const system = createSystem("long", skylakeClient);
    system.c.setGpr(0, -1n);
    const start = system.c.rip;
    expect(execute(system, "c7 f8 10 00 00 00")).toBe("done");
    expect([system.c.rip - start, system.c.gpr(0)]).toEqual([0x16n, 0n]);
  });

  test("XTEST sets ZF alone, XABORT does nothing, XEND is #GP(0)", () => {
    const system = createSystem("long", skylakeClient);
    system.c.rflags = ARITHMETIC | 2n;
    expect(execute(system, "0f 01 d6")).toBe("done");
    expect(system.c.rflags & ARITHMETIC).toBe(0x40n);
    expect(execute(system, "c6 f8 55")).toBe("done");
    expect(execute(system, "0f 01 d5")).toBe("13:0");
  });
});

describe("direct stores", () => {
  test("MOVDIRI stores a register", () => {
    const system = onSapphireRapids({ 0: DATA_AT, 1: 0x1234_5678 });
    expect(execute(system, "0f 38 f9 08")).toBe("done");
    expect(system.memory.read32(DATA_AT)).toBe(0x1234_5678);
  });

  test("MOVDIR64B copies 64 bytes to an aligned address", () => {
    const system = onSapphireRapids({ 0: DATA_AT, 1: DATA_AT + 0x1003 });
    const bytes = Uint8Array.from({ length: 64 }, (_, n) => n + 1);
    system.memory.writeBytes(DATA_AT + 0x1003, bytes);
    expect(execute(system, "66 0f 38 f8 01")).toBe("done");
    expect(system.memory.readBytes(DATA_AT, 64)).toEqual(bytes);
  });

  test("MOVDIR64B to an address that is not aligned is #GP(0)", () => {
    expect(execute(onSapphireRapids({ 0: DATA_AT + 32, 1: DATA_AT }), "66 0f 38 f8 01")).toBe("13:0");
  });
});

describe("WAITPKG", () => {
  test.each([
    ["TPAUSE", "66 0f ae f1"],
    ["UMWAIT", "f2 0f ae f1"],
  ])("%s ends at once, without CF", (_, hex) => {
    const system = onSapphireRapids({ 1: 1 });
    system.c.rflags = ARITHMETIC | 2n;
    expect(execute(system, hex)).toBe("done");
    expect(system.c.rflags & ARITHMETIC).toBe(0n);
  });

  test("a reserved bit of the operand is #GP(0)", () => {
    expect(execute(onSapphireRapids({ 1: 2 }), "66 0f ae f1")).toBe("13:0");
  });

  test("CR4.TSD keeps user mode from it", () => {
    const system = onSapphireRapids({ 1: 1 });
    system.c.s[CR4]! |= TSD;
    enter(system.c, USER_CODE64, USER_DATA);
    expect(execute(system, "66 0f ae f1")).toBe("13:0");
  });

  test("UMONITOR faults as a load does", () => {
    expect(execute(onSapphireRapids({ 1: DATA_AT }), "f3 0f ae f1")).toBe("done");
    expect(execute(onSapphireRapids({ 1: 0x7000_0000 }), "f3 0f ae f1")).toBe("14:0");
  });
});

test("SERIALIZE does nothing that can be seen, and a model without it raises #UD", () => {
  expect(execute(onSapphireRapids({}), "0f 01 e8")).toBe("done");
  expect(execute(createSystem("long", skylakeClient), "0f 01 e8")).toBe("6");
});

test("the opcodes of MPX are NOPs while it is not enabled", () => {
  const system = createSystem("long", skylakeClient);
  expect(execute(system, "f3 0f 1b 00")).toBe("done");
});
