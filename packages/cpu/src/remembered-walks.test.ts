import { describe, expect, test, vi } from "vitest";
import {
  CODE_BASE,
  createSystem,
  exceptionsOf,
  PAGE_TABLES,
  STACK_TOP,
  type System,
  setGate64,
} from "../test/system/processor-kit.ts";
import { ADDRESS_FAULT } from "./mmu.ts";
import { RememberedWalks } from "./remembered-walks.ts";
import * as S from "./state-layout.ts";
import { ACCESS_READ } from "./virtualization.ts";

const DIRECTORY_ENTRY = PAGE_TABLES + 0x2000 + 8;
const PAGE = 0x20_0000;
const PRESENT = 0x87n;
const READ_ONLY = 0x85n;
const ACCESSED = 0x20n;
const DIRTY = 0x40n;
const LOAD = [0x8b, 0x03];
const STORE = [0x89, 0x03];
const WP = 1 << 16;

/** Executes one instruction on [RBX] with an empty TLB, and says how it ended. */
function afterFlush(system: System, code: readonly number[], address = PAGE): string {
  const { c } = system;
  c.mmu.flushAll();
  c.rip = BigInt(CODE_BASE);
  c.setGpr(3, BigInt(address));
  c.setGpr(4, BigInt(STACK_TOP));
  setGate64(system.memory, 14);
  system.events.length = 0;
  system.run(code, 1);
  return exceptionsOf(system)[0] ?? "done";
}

function mapped(entry = BigInt(PAGE) | PRESENT): System {
  const system = createSystem("long");
  system.memory.write64(DIRECTORY_ENTRY, entry);
  expect(afterFlush(system, LOAD)).toBe("done");
  return system;
}

describe("a walk that was made before", () => {
  test("is found again, and gives the same", () => {
    const system = mapped();
    const find = vi.spyOn(RememberedWalks.prototype, "find");
    expect(afterFlush(system, LOAD, PAGE + 0x10)).toBe("done");
    const found = find.mock.results.map(({ value }) => value);
    find.mockRestore();
    expect(found).toContain(true);
  });

  test.each<[string, (system: System) => void, readonly number[], string]>([
    ["the page is gone", ({ memory }) => memory.write64(DIRECTORY_ENTRY, 0n), LOAD, "14:0"],
    ["the page is read-only", ({ memory }) => memory.write64(DIRECTORY_ENTRY, BigInt(PAGE) | READ_ONLY), STORE, "14:3"],
    [
      "a reserved bit is set",
      ({ memory }) => memory.write64(DIRECTORY_ENTRY, BigInt(PAGE) | PRESENT | 0x2000n),
      LOAD,
      "14:9",
    ],
  ])("is not taken where %s", (_, change, code, outcome) => {
    const system = mapped();
    expect(afterFlush(system, STORE)).toBe("done");
    change(system);
    expect(afterFlush(system, code)).toBe(outcome);
  });

  test("is not taken with another CR3", () => {
    const { c } = mapped();
    c.s[S.CR3] = PAGE_TABLES + 0x4_0000;
    c.mmu.flushAll();
    expect(c.mmu.translate(PAGE, 0, ACCESS_READ, false)).toBe(ADDRESS_FAULT);
  });

  test("is not taken where a table above is gone", () => {
    const { c, memory } = mapped();
    memory.write64(PAGE_TABLES + 0x1000, 0n);
    c.mmu.flushAll();
    expect(c.mmu.translate(PAGE, 0, ACCESS_READ, false)).toBe(ADDRESS_FAULT);
  });

  test("CR0.WP counts", () => {
    const system = mapped(BigInt(PAGE) | READ_ONLY);
    system.c.s[S.CR0]! &= ~WP;
    expect(afterFlush(system, STORE)).toBe("done");
    expect(afterFlush(system, STORE)).toBe("done");
    system.c.s[S.CR0]! |= WP;
    expect(afterFlush(system, STORE)).toBe("14:3");
  });

  test("flags that software has cleared are set again", () => {
    const system = mapped();
    expect(afterFlush(system, STORE)).toBe("done");
    system.memory.write64(DIRECTORY_ENTRY, BigInt(PAGE) | PRESENT);
    expect(afterFlush(system, STORE)).toBe("done");
    expect(system.memory.read64(DIRECTORY_ENTRY) & (ACCESSED | DIRTY)).toBe(ACCESSED | DIRTY);
  });

  test("a load that was remembered does not allow the first store to skip the dirty flag", () => {
    const system = mapped();
    expect(afterFlush(system, LOAD)).toBe("done");
    expect(system.memory.read64(DIRECTORY_ENTRY) & DIRTY).toBe(0n);
    expect(afterFlush(system, STORE)).toBe("done");
    expect(system.memory.read64(DIRECTORY_ENTRY) & DIRTY).toBe(DIRTY);
  });
});
