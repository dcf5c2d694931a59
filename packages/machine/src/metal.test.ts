import { findCpuModel, STATE } from "@hvdiff/cpu";
import { describe, expect, test } from "vitest";
import { createMetal, type MetalOptions } from "./metal.ts";
import { describeOutcome } from "./outcome.ts";

const LOAD_ADDRESS = 0x7c00;

function bytesOf(code: string): number[] {
  return (code.replaceAll(" ", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}

/** 16-bit code: counts its starts in [0x500], prints the count, leaves with it from the third start on, and otherwise goes on. */
function countingStarts(rest: string): Uint8Array {
  const count = "31c0 8ed8 ff060005 a10005 0430 baf803 ee a10005 3c03 7202 e6f4";
  const image = new Uint8Array(0x200);
  image.set(bytesOf(`${count} ${rest} f4`));
  return image;
}

function machineOf(image: Uint8Array, more: Partial<MetalOptions> = {}) {
  return createMetal({
    model: findCpuModel("skylake-client")!,
    image,
    entry: LOAD_ADDRESS,
    loadAddress: LOAD_ADDRESS,
    mode: 16,
    memory: 0x1000000,
    firmware: "seabios",
    restartsAfter: ["reset", "triple-fault"],
    bounds: { instructions: 1e7, events: 100, memory: 0x2000000 },
    ...more,
  });
}

const TRIPLE_FAULT = "0f011e0006 cd03";
const RESETS: readonly (readonly [name: string, code: string])[] = [
  ["the reset control register", "b006 baf90c ee"],
  ["the reset of the processor by the reset control register", "b004 baf90c ee"],
  ["the keyboard controller", "b0fe e664"],
  ["port 0x92", "b003 e692"],
];

describe("a restart", () => {
  test.each([...RESETS, ["a triple fault", TRIPLE_FAULT]] as const)(
    "by %s boots the image again and keeps RAM",
    (_, code) => {
      const machine = machineOf(countingStarts(code));
      expect(describeOutcome(machine.run())).toBe("exit 3");
      expect(machine.guest.serial).toBe("123");
    },
  );

  test("is only made after what was asked for", () => {
    const outcome = (code: string, restartsAfter: MetalOptions["restartsAfter"]) =>
      machineOf(countingStarts(code), { restartsAfter: restartsAfter ?? [] }).run().kind;
    expect(outcome(RESETS[0]![1], [])).toBe("reset");
    expect(outcome(TRIPLE_FAULT, ["reset"])).toBe("triple-fault");
  });

  test("that is made again and again meets the bound on instructions", () => {
    const image = new Uint8Array(0x200);
    image.set(bytesOf("b006 baf90c ee f4"));
    expect(machineOf(image, { recordTrace: false }).run().kind).toBe("limit");
  });

  test("leaves nothing of registers, MSRs, the local APIC and the devices, but for time and the RTC's memory", () => {
    // ecx = IA32_LSTAR, eax = edx = 1: wrmsr; mask all lines of both 8259s; CMOS byte 0x40 becomes 7; mov cr2, eax
    const change = "66b9820000c0 66b801000000 6689c2 0f30 0f22d0 b0ff e621 e6a1 b040 e670 b007 e671";
    const machine = machineOf(countingStarts(`${change} ${RESETS[0]![1]}`), { processors: 2 });
    machine.run();
    const [c] = machine.processors;
    expect([c!.s[STATE.CR2], c!.s[STATE.CR0]]).toEqual([0, 0x10]);
    machine.pc!.writePort(0x70, 1, 0x40);
    const ports = [0x21, 0xa1, 0x71].map((port) => machine.pc!.readPort(port, 1));
    expect(ports).toEqual([0xb8, 0x8e, 7]);
    expect(c!.retired).toBeGreaterThan(2e6);
  });

  test("clears CR4", () => {
    // mov eax, cr4; or eax, VMXE; mov cr4, eax
    const machine = machineOf(countingStarts(`0f20e0 660d00200000 0f22e0 ${RESETS[0]![1]}`));
    machine.run();
    expect(machine.processors[0]!.s[STATE.CR4]).toBe(0);
  });

  test("is in a clone as well", () => {
    const machine = machineOf(countingStarts(RESETS[2]![1]));
    machine.runChoicePoints(1);
    const copy = machine.clone();
    expect([machine.run(), copy.run()].map(describeOutcome)).toEqual(["exit 3", "exit 3"]);
    expect(copy.trace.events).toEqual(machine.trace.events);
  });
});
