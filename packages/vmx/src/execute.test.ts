import { Engine, msrWord, type Processor, STATE } from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import { describe, expect, test } from "vitest";
import { createProcessor, PLACE } from "../test/fixtures.ts";
import { Vmx } from "./vmx.ts";

const HLT = 0xf4;
const OPERAND = 0x60000;
const MEMORY_OPERAND = [0x04, 0x25, 0x00, 0x00, 0x06, 0x00];
const VMXON = [0xf3, 0x0f, 0xc7, 0x30 | MEMORY_OPERAND[0]!, ...MEMORY_OPERAND.slice(1)];
const VMPTRLD = [0x0f, 0xc7, 0x30 | MEMORY_OPERAND[0]!, ...MEMORY_OPERAND.slice(1)];
const VMPTRST = [0x0f, 0xc7, 0x38 | MEMORY_OPERAND[0]!, ...MEMORY_OPERAND.slice(1)];
const VMLAUNCH = [0x0f, 0x01, 0xc2];
const CF = 1n;
const ZF = 0x40n;

function run(code: readonly number[], prepare: (c: Processor) => void = () => {}): { c: Processor; events: string[] } {
  const c = createProcessor();
  const events: string[] = [];
  c.trace = { event: (kind, data) => events.push(`${kind} ${Object.values(data).join(" ")}`) };
  new Vmx(c);
  c.s[msrWord(MSRS.IA32_FEATURE_CONTROL.address)!] = 5;
  c.memory.write32(PLACE.vmxon, 4);
  c.memory.write64(OPERAND, BigInt(PLACE.vmxon));
  c.memory.writeBytes(PLACE.hostCode, Uint8Array.from([...code, HLT]));
  prepare(c);
  new Engine(c).run(100);
  return { c, events };
}

/** The vector of the first exception that the trace tells of. */
function firstException(events: readonly string[]): string | undefined {
  return events.find((event) => event.startsWith("exception"))?.split(" ")[1];
}

describe("VMX instructions as machine code", () => {
  test("VMXON succeeds and clears the arithmetic flags", () => {
    const { c, events } = run(VMXON, (processor) => {
      processor.rflags = 0x8d7n;
    });
    expect(c.s[STATE.VIRTUALIZATION_MODE]).toBe(1);
    expect(c.rflags & 0x8d5n).toBe(0n);
    expect(events[0]).toBe(`vmx vmxon succeed 0x${PLACE.vmxon.toString(16)}`);
  });

  test("VMPTRLD of the VMXON region without a current VMCS is VMfailInvalid: CF", () => {
    const { c, events } = run([...VMXON, ...VMPTRLD]);
    expect(c.rflags & (CF | ZF)).toBe(CF);
    expect(events[1]).toContain("VMfailInvalid");
  });

  test("VMPTRST stores all ones where no VMCS is current", () => {
    const { c } = run([...VMXON, ...VMPTRST]);
    expect(c.memory.read64(OPERAND)).toBe(0xffff_ffff_ffff_ffffn);
  });

  test("VMLAUNCH without a current VMCS sets CF", () => {
    expect(run([...VMXON, ...VMLAUNCH]).c.rflags & (CF | ZF)).toBe(CF);
  });

  test("outside VMX operation VMPTRLD is #UD", () => {
    expect(firstException(run(VMPTRLD).events)).toBe("6");
  });

  test("VMXON without CR4.VMXE is #UD", () => {
    const { events } = run(VMXON, (c) => {
      c.s[STATE.CR4] = 0x20;
    });
    expect(firstException(events)).toBe("6");
  });

  test("VMXON with an unlocked IA32_FEATURE_CONTROL is #GP(0)", () => {
    const { events } = run(VMXON, (c) => {
      c.s[msrWord(MSRS.IA32_FEATURE_CONTROL.address)!] = 4;
    });
    expect(firstException(events)).toBe("13");
  });
});
