import { loadImage } from "@hvdiff/guests";
import type { DebugTarget } from "@hvdiff/machine";
import { beforeEach, describe, expect, test } from "vitest";
import { type ColumnResult, createLab } from "../src/index.ts";

const COLUMNS = ["metal", "ideal", "kvm@6.1", "virtualbox@7.0"];
const LOAD_ADDRESS = 0x100000;
const WINDOW = 0x4000_0000n;
const WINDOW_2M = 0x4020_0000n;
const CHUNK = 1000;

const QUIET = { serial: () => {}, debug: () => {} };

const image = loadImage("ept-walk");

/** Address of code that is found by its bytes, which occur once. */
function codeAt(...bytes: number[]): bigint {
  const at = Buffer.from(image).indexOf(Buffer.from(bytes));
  expect(Buffer.from(image).indexOf(Buffer.from(bytes), at + 1)).toBe(-1);
  return BigInt(LOAD_ADDRESS + at);
}

// mov rax, [rdi]; vmcall; mov [rdi], rsi; mov rax, [rdi]; vmcall
const L2_READS = codeAt(0x48, 0x8b, 0x07, 0x0f, 0x01, 0xc1, 0x48, 0x89, 0x37);
const L2_WRITES = L2_READS + 6n;

function run(target: DebugTarget) {
  for (;;) {
    const stop = target.run(CHUNK);
    if (stop !== null) return stop;
  }
}

function resume(target: DebugTarget, stepping: number | null = null) {
  target.resume(stepping);
  return run(target);
}

function register(target: DebugTarget, name: string): bigint {
  return target.registers.find((known) => known.name === name)!.read(target.processors[0]!);
}

function word(bytes: Uint8Array): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

describe.each(COLUMNS)("ept-walk on %s", (column) => {
  let target: DebugTarget;
  let result: () => ColumnResult;

  beforeEach(() => {
    const session = createLab().debug({ scenario: "ept-walk" }, column, {}, QUIET);
    target = session.target;
    result = () => session.result().columns[0]!;
    target.attach();
  });

  test("stands before the guest's first instruction", () => {
    expect(target.interrupt()).toEqual({ kind: "interrupt", vcpu: 0 });
    expect(register(target, "rip")).toBe(0x101377n);
    expect(register(target, "rax")).toBe(0x2badb002n);
    expect(register(target, "cr0")).toBe(0x11n);
    expect(target.levelOf(0)).toMatchObject({ level: 1, mode: "not in VMX operation" });
    expect([...target.read(0, 0x101377n, 4)]).toEqual([...image.subarray(0x1377, 0x137b)]);
  });

  test("breaks in L2 and reads through its page tables and EPT", () => {
    target.interrupt();
    target.breakpoints.add(L2_READS);
    expect(resume(target)).toEqual({ kind: "breakpoint", vcpu: 0 });
    expect(register(target, "rip")).toBe(L2_READS);
    expect(register(target, "rdi")).toBe(WINDOW);
    const level = target.levelOf(0);
    expect(level).toMatchObject({ level: 2, mode: "VMX non-root" });
    expect(level.vmx!.currentVmcs()!.read("guestRip")).toBe(L2_READS);
    // Guest-physical 0x40000000 is not RAM; EPT leads to a page that holds this.
    expect(word(target.read(0, WINDOW, 8))).toBe("aaaaaaaa00000001");
    expect(word(target.read(0, WINDOW_2M + 0x12340n, 8))).toBe("22222222000000d2");
    expect(target.read(0, WINDOW + 0x2000n, 8)).toHaveLength(0);
    expect(target.read(0, WINDOW + 0x1ffcn, 8)).toHaveLength(4);
    expect(target.read(0, 0x8000_0000_0000n, 1)).toHaveLength(0);
    // One instruction: the load. The next one leaves for L1.
    expect(resume(target, 0)).toEqual({ kind: "step", vcpu: 0 });
    expect(register(target, "rip")).toBe(L2_READS + 3n);
    expect(register(target, "rax")).toBe(0xaaaaaaaa00000001n);
    expect(resume(target, 0)).toEqual({ kind: "step", vcpu: 0 });
    expect(target.levelOf(0)).toMatchObject({ level: 1, mode: "VMX root" });
    // L1 maps the same linear address, to where it has nothing.
    expect(word(target.read(0, WINDOW, 8))).toBe("ffffffffffffffff");
  });

  test("stops at one level only", () => {
    target.interrupt();
    target.breakpoints.level = 1;
    target.breakpoints.add(L2_READS);
    target.breakpoints.add(0x101377n);
    expect(resume(target)).toMatchObject({ kind: "ended", outcome: { kind: "exit", code: 0 } });
  });

  test("watches stores and loads of one linear address", () => {
    target.interrupt();
    target.breakpoints.level = 2;
    target.breakpoints.addWatchpoint({ address: WINDOW + 8n, length: 4, access: "write" });
    expect(resume(target)).toMatchObject({ kind: "watchpoint", watchpoint: { access: "write" } });
    expect(register(target, "rip")).toBe(L2_WRITES + 3n);
    expect(word(target.read(0, WINDOW + 8n, 8))).toBe("77777777000000e7");
    target.breakpoints.clear();
    target.breakpoints.addWatchpoint({ address: WINDOW_2M + 0x12344n, length: 1, access: "read" });
    expect(resume(target)).toMatchObject({ kind: "watchpoint", watchpoint: { access: "read" } });
    expect(register(target, "rip")).toBe(L2_READS + 3n);
  });

  test("leaves no mark: stops, looks and steps change nothing of the run", () => {
    target.interrupt();
    target.breakpoints.add(L2_READS);
    target.breakpoints.add(L2_WRITES);
    let stops = 0;
    while (resume(target).kind === "breakpoint") {
      target.read(0, WINDOW, 64);
      target.read(0, WINDOW_2M, 64);
      resume(target, 0);
      stops++;
    }
    expect(stops).toBeGreaterThan(20);
    const undisturbed = createLab().debug({ scenario: "ept-walk" }, column, {}, QUIET).result().columns[0];
    expect(result()).toEqual(undisturbed);
  });

  test("writes memory and registers", () => {
    target.interrupt();
    target.breakpoints.add(L2_READS);
    resume(target);
    expect(target.write(0, WINDOW, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))).toBe(true);
    expect(target.write(0, WINDOW + 0x1ffen, new Uint8Array(4))).toBe(false);
    resume(target, 0);
    expect(register(target, "rax")).toBe(0x0807060504030201n);
    target.registers.find(({ name }) => name === "rax")!.write!(target.processors[0]!, 0x99n);
    target.detach();
    target.run(Number.POSITIVE_INFINITY);
    expect(result().serial).toContain("verdict leaf-4k.read = 0x0000000000000099\n");
  });
});
