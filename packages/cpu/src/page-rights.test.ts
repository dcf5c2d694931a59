import { MSRS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  createSystem,
  enter,
  exceptionsOf,
  PAGE_TABLES,
  type System,
  USER_CODE64,
  USER_DATA,
} from "../test/system/processor-kit.ts";
import { sapphireRapids } from "./models/sapphire-rapids.ts";
import * as S from "./state-layout.ts";
import { storeMsr } from "./system/msr-storage.ts";
import { writePkru } from "./system/protection-keys.ts";

/** A page of 2 MiB with key 1. */
const PAGE = 0x20_0000;
const KEY = 1n << 59n;
const USER_PAGE = 0x87n;
const SUPERVISOR_PAGE = 0x83n;
const PKE = 1 << 22;
const PKS = 1 << 24;
const WP = 1 << 16;
/** The bits of key 1 in PKRU and IA32_PKRS. */
const ACCESS_DISABLE = 1 << 2;
const WRITE_DISABLE = 2 << 2;

const READ = [0x8b, 0x03];
const WRITE = [0x89, 0x03];
const JUMP = [0xff, 0xe3];

function prepare(page: bigint, cr4: number): System {
  const system = createSystem("long", sapphireRapids);
  system.c.s[S.CR4]! |= cr4;
  system.c.s[S.CR0]! |= WP;
  system.memory.write64(PAGE_TABLES + 0x2008, BigInt(PAGE) | page | KEY);
  system.memory.writeBytes(PAGE, Uint8Array.from([0x90, 0x90]));
  system.c.setGpr(3, BigInt(PAGE));
  return system;
}

function outcome(system: System, code: readonly number[]): string {
  system.c.translationChanged();
  system.run(code, code === JUMP ? 2 : 1);
  return exceptionsOf(system)[0] ?? "done";
}

describe("protection keys of user pages", () => {
  test.each([
    ["user read, access disabled", true, ACCESS_DISABLE, READ, "14:37"],
    ["user read, writes disabled", true, WRITE_DISABLE, READ, "done"],
    ["user write, writes disabled", true, WRITE_DISABLE, WRITE, "14:39"],
    ["user write, access disabled", true, ACCESS_DISABLE, WRITE, "14:39"],
    ["user fetch, access disabled", true, ACCESS_DISABLE, JUMP, "done"],
    ["user read, another key disabled", true, ~(3 << 2), READ, "14:37"],
    ["supervisor read, access disabled", false, ACCESS_DISABLE, READ, "14:33"],
    ["supervisor write, writes disabled", false, WRITE_DISABLE, WRITE, "14:35"],
    ["supervisor fetch, access disabled", false, ACCESS_DISABLE, JUMP, "done"],
  ])("%s", (name, user, pkru, code, expected) => {
    const system = prepare(USER_PAGE, PKE);
    if (user) enter(system.c, USER_CODE64, USER_DATA);
    // The code's own page has key 0, whose bits stay clear but in the row that disables all keys but 1.
    if (name.includes("another key"))
      system.memory.write64(PAGE_TABLES + 0x2008, BigInt(PAGE) | USER_PAGE | (KEY << 1n));
    writePkru(system.c, pkru & ~3);
    expect(outcome(system, code)).toBe(expected);
  });

  test("without CR4.PKE the keys mean nothing", () => {
    const system = prepare(USER_PAGE, 0);
    writePkru(system.c, -1);
    expect(outcome(system, WRITE)).toBe("done");
  });

  test("without CR0.WP a supervisor writes where writes are disabled, but not where access is", () => {
    const attempt = (pkru: number): string => {
      const system = prepare(USER_PAGE, PKE);
      system.c.s[S.CR0]! &= ~WP;
      writePkru(system.c, pkru);
      return outcome(system, WRITE);
    };
    expect([attempt(WRITE_DISABLE), attempt(ACCESS_DISABLE)]).toEqual(["done", "14:35"]);
  });

  test("WRPKRU counts for pages that were accessed before", () => {
    const system = prepare(USER_PAGE, PKE);
    const { c } = system;
    enter(c, USER_CODE64, USER_DATA);
    // mov ecx, [rbx]; mov eax, 4; xor ecx, ecx; xor edx, edx; wrpkru; mov eax, [rbx]
    system.run([0x8b, 0x0b, 0xb8, 4, 0, 0, 0, 0x31, 0xc9, 0x31, 0xd2, 0x0f, 0x01, 0xef, 0x8b, 0x03], 6);
    expect([exceptionsOf(system)[0], c.get64(S.CR2)]).toEqual(["14:37", BigInt(PAGE)]);
  });

  test.each([
    ["RDPKRU with ECX not 0", [0x0f, 0x01, 0xee], 1n, 0n, PKE, "13:0"],
    ["WRPKRU with EDX not 0", [0x0f, 0x01, 0xef], 0n, 1n, PKE, "13:0"],
    ["RDPKRU without CR4.PKE", [0x0f, 0x01, 0xee], 0n, 0n, 0, "6"],
  ])("%s", (_, code, rcx, rdx, cr4, expected) => {
    const system = prepare(USER_PAGE, cr4);
    system.c.setGpr(1, rcx);
    system.c.setGpr(2, rdx);
    expect(outcome(system, code)).toBe(expected);
  });
});

describe("protection keys of supervisor pages", () => {
  test.each([
    ["read, access disabled", ACCESS_DISABLE, READ, "14:33"],
    ["read, writes disabled", WRITE_DISABLE, READ, "done"],
    ["write, writes disabled", WRITE_DISABLE, WRITE, "14:35"],
    ["fetch, access disabled", ACCESS_DISABLE, JUMP, "done"],
  ])("%s", (_, pkrs, code, expected) => {
    const system = prepare(SUPERVISOR_PAGE, PKE | PKS);
    storeMsr(system.c, MSRS.IA32_PKRS.address, BigInt(pkrs));
    // PKRU has no say in supervisor pages.
    writePkru(system.c, -1 & ~3);
    expect(outcome(system, code)).toBe(expected);
  });

  test("a user's access fails by U/S, without the PK bit where no key denies it", () => {
    const system = prepare(SUPERVISOR_PAGE, PKE | PKS);
    enter(system.c, USER_CODE64, USER_DATA);
    system.c.rip = BigInt(CODE_BASE);
    expect(outcome(system, READ)).toBe("14:5");
  });
});
