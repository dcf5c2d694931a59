import { findCpuModel } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { createMetal } from "../metal.ts";
import { describeOutcome } from "../outcome.ts";

const LOAD_ADDRESS = 0x7c00;
const TARGET_AT = 0x100;
/** At 0x7d00: mov al, 0x11; nop. At 0x7d03: mov eax, cs; shl eax, 16; call next; next: pop ax; out 0xf4, eax. */
const TARGET = "b011 90 668cc8 66c1e010 e80000 58 66e7f4";

function bytesOf(code: string): number[] {
  return (code.replaceAll(" ", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

/** Runs 16-bit code behind the firmware's work. */
function run(code: string, firmware: "seabios" | "none" = "seabios", target = TARGET): string {
  const image = new Uint8Array(0x200);
  image.set(bytesOf(code));
  image.set(bytesOf(target), TARGET_AT);
  const machine = createMetal({
    model: findCpuModel("skylake-client")!,
    image,
    entry: LOAD_ADDRESS,
    loadAddress: LOAD_ADDRESS,
    mode: 16,
    memory: 0x1000000,
    firmware,
    bounds: { instructions: 3e8, events: 100, memory: 0x2000000 },
  });
  return describeOutcome(machine.run());
}

/** mov al, 0x0f; out 0x70, al; mov al, status; out 0x71, al */
function shutdownStatus(status: string): string {
  return `b00f e670 b0${status} e671`;
}

/** mov dword [0x467], 0x00007d00 */
const RESUME_POINTER = "66c7066704007d0000";
const RESET = "ea0000ffff";

test.each(["05", "0a"])(
  "a reset with shutdown status %s goes on at the pointer that the BIOS data area has",
  (status) => {
    expect(run(`${shutdownStatus(status)} ${RESUME_POINTER} ${RESET}`)).toBe(`exit ${0x7d0d}`);
  },
);

test("a reset without asks for the image again", () => {
  expect(run(RESET)).toBe("reset (boot)");
});

test("a reset behind a sleep goes on at the waking vector in the FACS, with its segment and offset", () => {
  // mov ax, 0xe000; mov ds, ax; mov dword [0x4c], 0x7d03
  const vector = "b800e0 8ed8 66c7064c00037d0000";
  expect(run(`${vector} ${shutdownStatus("fe")} ${RESET}`)).toBe(`exit ${0x07d0000d}`);
});

test("a sleep ends with the alarm, exactly behind the instruction that began it", () => {
  // mov dx, 0x602; mov ax, 0x400; out dx, ax
  const enableWake = "ba0206 b80004 ef";
  const alarm = ["01c0", "03c0", "05c0", "0b22"].map((pair) => `b0${pair.slice(0, 2)} e670 b0${pair.slice(2)} e671`);
  // mov dword [0xe004c] through ds 0xe000; xor ax, ax; mov ds, ax
  const vector = "b800e0 8ed8 66c7064c00007d0000 31c0 8ed8";
  // mov dx, 0x604; mov ax, 0x2400; out dx, ax; inc word [0x500]; jmp back
  const sleep = "ba0406 b80024 ef ff060005 ebfa";
  // At 0x7d00: mov ax, [0x500]; out 0xf4, ax
  expect(run([enableWake, ...alarm, vector, sleep].join(" "), "seabios", "a10005 e7f4")).toBe("exit 0");
});

test.each([
  ["port 0x92", "b003 e692"],
  ["the keyboard controller", "b0fe e664"],
  ["the reset control register", "b004 baf90c ee"],
])("a reset of the processor by %s goes through the BIOS", (_name, code) => {
  expect(run(`${shutdownStatus("0a")} ${RESUME_POINTER} ${code} f4`)).toBe(`exit ${0x7d0d}`);
});

test("the timer interrupts in real mode and counts in the BIOS data area", () => {
  // sti; hlt; hlt; mov eax, [0x46c]; out 0xf4, eax
  expect(run("fb f4 f4 66a16c04 66e7f4")).toBe("exit 2");
});

test("BIOS services say that they are not there", () => {
  // mov ax, 0xe820; clc; int 0x15; sbb al, al; out 0xf4, ax
  expect(run("b820e8 f8 cd15 18c0 e7f4")).toBe(`exit ${0x86ff}`);
});

test.each([
  ["base memory", "0x413", "a11304", 639],
  ["COM1", "0x400", "a10004", 0x3f8],
  ["the extended data area", "0x40e", "a10e04", 0x9fc0],
])("the BIOS data area tells of %s at %s", (_name, _at, load, expected) => {
  expect(run(`31c0 8ed8 ${load} e7f4`)).toBe(`exit ${expected}`);
});

test("without firmware nothing runs and nothing is there", () => {
  expect(run("fb f4", "none")).toMatch(/^halted/);
  expect(run("a11304 e7f4", "none")).toBe("exit 0");
});
