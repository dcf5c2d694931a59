import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  createSystem,
  exceptionsOf,
  PAGE_TABLES,
  STACK_TOP,
  type System,
  setGate64,
} from "../test/system/processor-kit.ts";
import * as S from "./state-layout.ts";

const PDPT = PAGE_TABLES + 0x1000;
const DIRECTORY = PAGE_TABLES + 0x2000;
const TABLE = 0x7_0000;
const PRESENT = 0x7n;
const LARGE = 0x80n;
const GLOBAL = 0x100n;
const CR4_PGE = 1 << 7;
/** The second 2 MiB, and places far apart in it. */
const PAGE = 0x20_0000;
const PLACES = [0x20_0000, 0x20_5008, 0x31_0ff8, 0x3f_fff8];

function execute(system: System, code: readonly number[], rbx: number): string {
  system.c.rip = BigInt(CODE_BASE);
  system.c.setGpr(3, BigInt(rbx));
  system.c.setGpr(4, BigInt(STACK_TOP));
  setGate64(system.memory, 14);
  system.events.length = 0;
  system.run(code, 1);
  return exceptionsOf(system)[0] ?? "done";
}

const read = (system: System, address: number): string => execute(system, [0x8b, 0x03], address);
const invalidate = (system: System, address: number): string => execute(system, [0x0f, 0x01, 0x3b], address);

/** A system that has read all places and has lost the entry that maps them since. */
function withStale(entry: bigint, at: number): System {
  const system = createSystem("long");
  system.c.s[S.CR4]! |= CR4_PGE;
  system.memory.write64(at, entry);
  for (const place of PLACES) expect(read(system, place)).toBe("done");
  system.memory.write64(at, 0n);
  for (const place of PLACES) expect(read(system, place)).toBe("done");
  return system;
}

describe("INVLPG", () => {
  test.each(PLACES)("of any address in a 2 MiB page, here %i, forgets all of it", (address) => {
    const system = withStale(BigInt(PAGE) | PRESENT | LARGE, DIRECTORY + 8);
    expect(invalidate(system, address)).toBe("done");
    for (const place of PLACES) expect(read(system, place)).toBe("14:0");
  });

  test("of another 2 MiB page forgets nothing of this one", () => {
    const system = withStale(BigInt(PAGE) | PRESENT | LARGE, DIRECTORY + 8);
    invalidate(system, PAGE + 0x20_0000);
    for (const place of PLACES) expect(read(system, place)).toBe("done");
  });

  test("of a global page forgets it, which MOV to CR3 does not", () => {
    const system = withStale(BigInt(PAGE) | PRESENT | LARGE | GLOBAL, DIRECTORY + 8);
    // mov rax, cr3; mov cr3, rax
    system.c.rip = BigInt(CODE_BASE);
    system.run([0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8], 2);
    for (const place of PLACES) expect(read(system, place)).toBe("done");
    invalidate(system, PLACES[1]!);
    for (const place of PLACES) expect(read(system, place)).toBe("14:0");
  });

  test("of an address in a 1 GiB page forgets all of it", () => {
    const system = createSystem("long");
    // Each wants an entry of the TLB of its own.
    const places = [0x4000_1000, 0x4020_2000, 0x407f_3000];
    system.memory.write64(PDPT + 8, PRESENT | LARGE);
    for (const place of places) expect(read(system, place)).toBe("done");
    system.memory.write64(PDPT + 8, 0n);
    for (const place of places) expect(read(system, place)).toBe("done");
    invalidate(system, 0x5555_5555);
    expect(places.map((place) => read(system, place))).toEqual(["14:0", "14:0", "14:0"]);
  });

  test("of a 4 KiB page leaves its neighbours", () => {
    const system = createSystem("long");
    for (let n = 0; n < 512; n++) system.memory.write64(TABLE + 8 * n, BigInt(PAGE + n * 0x1000) | PRESENT);
    system.memory.write64(DIRECTORY + 8, BigInt(TABLE) | PRESENT);
    for (const place of PLACES) read(system, place);
    system.memory.write64(DIRECTORY + 8, 0n);
    invalidate(system, 0x20_5fff);
    expect(PLACES.map((place) => read(system, place))).toEqual(["done", "14:0", "done", "done"]);
  });

  test("of an address that is not canonical does nothing", () => {
    const system = createSystem("long");
    expect(execute(system, [0x0f, 0x01, 0x3b], 0x8000_0000_0000)).toBe("done");
  });
});
