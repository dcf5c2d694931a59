import { describe, expect, test } from "vitest";
import {
  CODE_BASE,
  createSystem,
  enter,
  exceptionsOf,
  type System,
  TSS_BASE,
  TSS_LIMIT,
  USER_CODE64,
  USER_DATA,
} from "../../test/system/processor-kit.ts";
import { AF, CF, OF, SF, ZF } from "../flags.ts";
import * as S from "../state-layout.ts";
import { setSubtractFlags } from "./compare-flags.ts";

const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];
const CPUID = [0x0f, 0xa2];

function attempt(system: System, code: readonly number[]): string {
  system.c.rip = BigInt(CODE_BASE);
  system.c.stop = null;
  system.c.fault = 0;
  system.events.length = 0;
  system.run([...code, 0x90], 1);
  return exceptionsOf(system)[0] ?? "done";
}

function setEdxEax(system: System, value: bigint): void {
  system.c.setGpr(0, value & 0xffff_ffffn);
  system.c.setGpr(2, value >> 32n);
}

function readMsr(system: System, address: number): bigint | string {
  system.c.setGpr(1, BigInt(address));
  const result = attempt(system, RDMSR);
  return result === "done" ? (system.c.gpr(2) << 32n) | system.c.gpr(0) : result;
}

function writeMsr(system: System, address: number, value: bigint): string {
  system.c.setGpr(1, BigInt(address));
  setEdxEax(system, value);
  return attempt(system, WRMSR);
}

describe("MSRs", () => {
  test.each([
    ["PAT with a reserved type", 0x277, 2n, "13:0"],
    ["PAT with legal types", 0x277, 0x0007_0106_0007_0406n, "done"],
    ["LSTAR not canonical", 0xc000_0082, 1n << 47n, "13:0"],
    ["EFER with a bit the model lacks", 0xc000_0080, 0x1d01n, "13:0"],
    ["EFER.LME off while paging", 0xc000_0080, 0xc01n, "13:0"],
    ["EFER.SCE off", 0xc000_0080, 0xd00n, "done"],
    ["a capability MSR", 0x48b, 0n, "13:0"],
    ["an address that means nothing", 0x1234, 0n, "13:0"],
    ["IA32_XSS with PT", 0xda0, 0x100n, "done"],
    ["IA32_XSS with CET, which the model lacks", 0xda0, 0x800n, "13:0"],
    ["MTRR mask with low bits", 0x201, 0x1n, "13:0"],
    ["MTRR base with type UC-", 0x200, 0x7n, "13:0"],
  ])("writing %s", (_, address, value, expected) => {
    expect(writeMsr(createSystem("long"), address, value)).toBe(expected);
  });

  test("the lock bit of IA32_FEATURE_CONTROL holds until reset", () => {
    const system = createSystem("long");
    expect(writeMsr(system, 0x3a, 5n)).toBe("done");
    expect(writeMsr(system, 0x3a, 5n)).toBe("13:0");
    expect(readMsr(system, 0x3a)).toBe(5n);
  });

  test("capability MSRs come from the model, and traces tell of faults", () => {
    const system = createSystem("long");
    expect(readMsr(system, 0x48b)).toBe(0x001f_7cff_0000_0000n);
    expect(system.events[0]).toEqual({ kind: "rdmsr", data: { msr: "0x48b", value: "0x1f7cff00000000" } });
    expect(readMsr(system, 0x1234)).toBe("13:0");
    expect(system.events[0]).toEqual({ kind: "rdmsr", data: { msr: "0x1234", fault: "#GP" } });
  });

  test("IA32_GS_BASE is the base of GS, swapped with the kernel's", () => {
    const system = createSystem("long");
    writeMsr(system, 0xc000_0101, 0x1111n);
    writeMsr(system, 0xc000_0102, 0x2222n);
    expect(attempt(system, [0x0f, 0x01, 0xf8])).toBe("done");
    expect([readMsr(system, 0xc000_0101), readMsr(system, 0xc000_0102)]).toEqual([0x2222n, 0x1111n]);
  });

  test("the time-stamp counter counts instructions and moves with its writes", () => {
    const system = createSystem("long");
    expect(writeMsr(system, 0x10, 1000n)).toBe("done");
    attempt(system, [0x0f, 0x31]);
    expect(system.c.gpr(0)).toBe(1001n);
    expect(readMsr(system, 0x3b)).toBe(1000n);
  });
});

describe("cpuid", () => {
  function leaf(system: System, eax: number, ecx = 0): bigint[] {
    system.c.setGpr(0, BigInt(eax));
    system.c.setGpr(1, BigInt(ecx));
    attempt(system, CPUID);
    return [0, 3, 1, 2].map((register) => system.c.gpr(register));
  }

  test("fills in OSXSAVE and the size of the enabled state", () => {
    const system = createSystem("long");
    expect(leaf(system, 1)[2]! & (1n << 27n)).not.toBe(0n);
    system.c.s[S.CR4]! &= ~(1 << 18);
    expect(leaf(system, 1)[2]! & (1n << 27n)).toBe(0n);
    system.c.set64(S.XCR0, 7n);
    system.c.set64(S.XSS, 0x100n);
    expect(leaf(system, 0xd)[1]).toBe(832n);
    expect(leaf(system, 0xd, 1)[1]).toBe(960n);
  });

  test("answers beyond the last leaf with the highest basic one", () => {
    const system = createSystem("long");
    const last = leaf(system, 0x16);
    expect(leaf(system, 0x4000_0000)).toEqual(last);
    expect(leaf(system, 0x7fff_ffff)).toEqual(last);
    expect(leaf(system, 0x8000_0100)).toEqual(last);
  });
});

describe("ports", () => {
  test("in and out reach the bus in their size", () => {
    const system = createSystem("long");
    system.c.setGpr(0, 0x1234_5678n);
    // out 0xf4, al; mov edx, 0x3f8; out dx, eax; in ax, dx
    system.run([0xe6, 0xf4, 0xba, 0xf8, 3, 0, 0, 0xef, 0x66, 0xed], 4);
    expect(system.writes).toEqual([
      { port: 0xf4, size: 1, value: 0x78 },
      { port: 0x3f8, size: 4, value: 0x12345678 },
    ]);
    expect(system.c.gpr(0)).toBe(BigInt(0x12340000 + 0x3f8 * 3 + 2));
  });

  test("user mode needs the TSS bitmap", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    memory.write32(TSS_BASE + 0x64, 0x68 << 16);
    memory.writeBytes(TSS_BASE + 0x68, new Uint8Array(TSS_LIMIT - 0x67).fill(0));
    memory.write8(TSS_BASE + 0x68 + (0x3f8 >> 3), 0x02);
    enter(c, USER_CODE64, USER_DATA);
    c.setGpr(2, 0x3f8n);
    expect(attempt(system, [0xee])).toBe("done");
    enter(c, USER_CODE64, USER_DATA);
    expect(attempt(system, [0x66, 0xef])).toBe("13:0");
  });

  test("rep outsb stops at the count", () => {
    const system = createSystem("long");
    system.memory.writeBytes(0x5000, new TextEncoder().encode("abc"));
    system.c.setGpr(6, 0x5000n);
    system.c.setGpr(1, 3n);
    system.c.setGpr(2, 0x3f8n);
    system.run([0xf3, 0x6e], 1);
    expect(system.writes.map((write) => write.value)).toEqual([97, 98, 99]);
    expect([system.c.gpr(6), system.c.gpr(1)]).toEqual([0x5003n, 0n]);
  });
});

describe("strings", () => {
  test("rep movsb copies across pages, and onto itself repeats the pattern", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    const data = Uint8Array.from({ length: 5000 }, (_, n) => n * 7);
    memory.writeBytes(0x40123, data);
    const copy = (from: number, to: number, count: number) => {
      c.setGpr(6, BigInt(from));
      c.setGpr(7, BigInt(to));
      c.setGpr(1, BigInt(count));
      c.rip = BigInt(CODE_BASE);
      system.run([0xf3, 0xa4, 0xf4], 10);
      c.s[S.ACTIVITY] = 0;
    };
    copy(0x40123, 0x50f00, 5000);
    expect(memory.readBytes(0x50f00, 5000)).toEqual(data);
    expect([c.gpr(1), c.gpr(6), c.gpr(7)]).toEqual([0n, BigInt(0x40123 + 5000), BigInt(0x50f00 + 5000)]);
    memory.writeBytes(0x60000, Uint8Array.from([1, 2, 3]));
    copy(0x60000, 0x60003, 300);
    expect(Array.from(memory.readBytes(0x60000 + 297, 6))).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("rep stosq fills memory, backwards too", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    c.setGpr(0, 0x0102_0304_0506_0708n);
    c.setGpr(7, 0x50000n);
    c.setGpr(1, 600n);
    system.run([0xf3, 0x48, 0xab], 1);
    expect(memory.read64(0x50000 + 599 * 8)).toBe(0x0102_0304_0506_0708n);
    c.setGpr(1, 2n);
    c.setGpr(7, 0x70008n);
    // std; rep stosd
    system.run([0xfd, 0xf3, 0xab], 2);
    expect([memory.read32(0x70008), memory.read32(0x70004), c.gpr(7)]).toEqual([0x05060708, 0x05060708, 0x70000n]);
  });

  test("a fault in the middle leaves the registers at its iteration", () => {
    const system = createSystem("long");
    const { c } = system;
    c.setGpr(7, 0x7ffffen);
    c.setGpr(1, 10n);
    system.run([0xf3, 0xaa], 1);
    expect(exceptionsOf(system)[0]).toBe("14:2");
    expect([c.gpr(1), c.gpr(7)]).toEqual([8n, 0x800000n]);
  });

  test("repne scasb finds a byte and repe cmpsb a difference", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    memory.writeBytes(0x50000, new TextEncoder().encode("hello\0"));
    memory.writeBytes(0x51000, new TextEncoder().encode("help!\0"));
    c.setGpr(0, 0n);
    c.setGpr(7, 0x50000n);
    c.setGpr(1, 100n);
    system.run([0xf2, 0xae], 1);
    expect([c.gpr(7), c.gpr(1)]).toEqual([0x50006n, 94n]);
    c.setGpr(6, 0x50000n);
    c.setGpr(7, 0x51000n);
    c.setGpr(1, 6n);
    system.run([0xf3, 0xa6], 1);
    expect([c.gpr(1), c.rflags & BigInt(CF | ZF)]).toEqual([2n, BigInt(CF)]);
  });

  test.each([
    [1, 0x80, 0, 1, 0, OF | AF, 0],
    [1, 0, 0, 1, 0, CF | SF | AF, ZF | OF],
    [4, 5, 0, 5, 0, ZF, CF | OF | SF],
    [8, 0, 1, 1, 0, AF, CF | ZF | OF],
    [8, 0, -2147483648, 1, 0, OF | AF, CF | SF],
  ])("flags of a %i-byte comparison", (size, a, aHigh, b, bHigh, set, clear) => {
    const { c } = createSystem("long");
    setSubtractFlags(c, size, a, aHigh, b, bHigh);
    const flags = Number(c.rflags);
    expect([flags & set, flags & clear]).toEqual([set, 0]);
  });
});

describe("small instructions", () => {
  test("features the model lacks are #UD", () => {
    const system = createSystem("long");
    expect(attempt(system, [0xf3, 0x0f, 0xc7, 0xf8])).toBe("6");
    expect(attempt(system, [0x0f, 0x01, 0xee])).toBe("6");
    expect(attempt(system, [0x0f, 0x01, 0xc1])).toBe("6");
  });

  test("rdrand draws the same number in the same place of the same run", () => {
    const draw = () => {
      const system = createSystem("long");
      attempt(system, [0x48, 0x0f, 0xc7, 0xf0]);
      return system.c.gpr(0);
    };
    expect(draw()).toBe(draw());
    expect(draw()).not.toBe(0n);
  });

  test("pushf hides RF and VM, popf in user mode keeps IF and IOPL", () => {
    const system = createSystem("long");
    const { c } = system;
    c.rflags = 0x3202n;
    enter(c, USER_CODE64, USER_DATA);
    c.rflags = 0x202n;
    c.setGpr(4, 0x80000n);
    // push 0x3cd5; popf
    system.run([0x68, 0xd5, 0x3c, 0, 0, 0x9d], 2);
    expect(c.rflags).toBe(0xed7n);
  });

  test("cmpxchg16b swaps when equal and loads when not", () => {
    const system = createSystem("long");
    const { c, memory } = system;
    memory.write64(0x50000, 1n);
    memory.write64(0x50008, 2n);
    c.setGpr(0, 1n);
    c.setGpr(2, 2n);
    c.setGpr(3, 0xb00n);
    c.setGpr(1, 0xc00n);
    c.setGpr(7, 0x50000n);
    const code = [0x48, 0x0f, 0xc7, 0x0f];
    system.run(code, 1);
    expect([memory.read64(0x50000), memory.read64(0x50008), c.rflags & 0x40n]).toEqual([0xb00n, 0xc00n, 0x40n]);
    system.run(code, 1);
    expect([c.gpr(0), c.gpr(2), c.rflags & 0x40n]).toEqual([0xb00n, 0xc00n, 0n]);
  });
});
