import { Engine, type Processor } from "@hvdiff/cpu";
import { type ControlName, controlMask } from "@hvdiff/spec";
import type { MemoryVmcs } from "../src/memory-vmcs.ts";
import type { Vmx } from "../src/vmx.ts";
import { createRoot, PLACE, SERVER_CAPABILITIES } from "./fixtures.ts";

const GDT = 0x16000;
const IDT = 0x17000;
/** Where the handlers of guest programs lie. */
export const HANDLER = 0x38000;
/** Pages for what a VMCS points to. */
export const VIRTUAL_APIC = 0x60000;
export const ACCESS_PAGE = 0x61000;

/** Controls and set-up of a guest that is machine code. */
export interface GuestProgram {
  readonly code: readonly number[];
  readonly pin?: readonly ControlName<"pin">[];
  readonly primary?: readonly ControlName<"primary">[];
  readonly secondary?: readonly ControlName<"secondary">[];
  readonly prepare?: (guest: { c: Processor; v: MemoryVmcs }) => void;
}

function bytes(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

/** Machine code, piece by piece. */
export const CODE = {
  vmcall: [0x0f, 0x01, 0xc1],
  sti: [0xfb],
  hlt: [0xf4],
  nop: [0x90],
  rdmsr: [0x0f, 0x32],
  wrmsr: [0x0f, 0x30],
  rdtsc: [0x0f, 0x31],
  vmfunc: [0x0f, 0x01, 0xd4],
  setEax: (value: number) => [0xb8, ...bytes(value)],
  setEcx: (value: number) => [0xb9, ...bytes(value)],
  setEdx: (value: number) => [0xba, ...bytes(value)],
  load: (address: number) => [0x8b, 0x04, 0x25, ...bytes(address)],
  load64: (address: number) => [0x48, 0x8b, 0x04, 0x25, ...bytes(address)],
  store: (address: number) => [0x89, 0x04, 0x25, ...bytes(address)],
  addTo: (address: number) => [0x01, 0x04, 0x25, ...bytes(address)],
  jump: (address: number) => [0xb8, ...bytes(address), 0xff, 0xe0],
  moveToCr8: [0x44, 0x0f, 0x22, 0xc0],
  vmread: [0x0f, 0x78, 0xc8],
  vmwrite: [0x0f, 0x79, 0xc8],
} as const;

/** Gives the guest a GDT with its code segment, and an IDT whose gates all lead to `HANDLER`. */
export function installTables(c: Processor, v: MemoryVmcs, handler: readonly number[]): void {
  c.memory.write64(GDT + 8, 0x00af_9b00_0000_ffffn);
  c.memory.write64(GDT + 16, 0x00cf_9300_0000_ffffn);
  for (let vector = 0; vector < 256; vector++) {
    c.memory.write64(IDT + vector * 16, BigInt(HANDLER & 0xffff) | 0x8e00_0008_0000n | (BigInt(HANDLER >>> 16) << 48n));
    c.memory.write64(IDT + vector * 16 + 8, 0n);
  }
  c.memory.writeBytes(HANDLER, Uint8Array.from(handler));
  v.write("guestGdtrBase", BigInt(GDT));
  v.write("guestGdtrLimit", 0x17n);
  v.write("guestIdtrBase", BigInt(IDT));
  v.write("guestIdtrLimit", 0xfffn);
}

/** Starts the guest and runs it up to its first VM exit. */
export function runGuest(program: GuestProgram): { c: Processor; v: MemoryVmcs; vmx: Vmx; reason: number } {
  const { c, v, vmx } = createRoot({ capabilities: SERVER_CAPABILITIES });
  const set = (field: Parameters<MemoryVmcs["read"]>[0], mask: number) => v.write(field, v.read(field) | BigInt(mask));
  set("pinBasedControls", controlMask("pin", ...(program.pin ?? [])));
  const activate = program.secondary === undefined ? [] : (["activateSecondaryControls"] as const);
  set("primaryProcessorBasedControls", controlMask("primary", ...activate, ...(program.primary ?? [])));
  set("secondaryProcessorBasedControls", controlMask("secondary", ...(program.secondary ?? [])));
  v.write("virtualApicAddress", BigInt(VIRTUAL_APIC));
  v.write("apicAccessAddress", BigInt(ACCESS_PAGE));
  c.memory.writeBytes(PLACE.guestCode, Uint8Array.from(program.code));
  program.prepare?.({ c, v });
  return { c, v, vmx, ...resume(c, v, vmx, true) };
}

/** Enters the guest (again) and runs it up to its next VM exit. */
export function resume(c: Processor, v: MemoryVmcs, vmx: Vmx, isLaunch = false): { reason: number } {
  const outcome = isLaunch ? vmx.vmlaunch() : vmx.vmresume();
  if (outcome.kind !== "enter" && outcome.kind !== "exit") throw new Error(`the entry failed: ${vmx.failedCheck}`);
  const engine = new Engine(c);
  engine.rootClient = true;
  const ended = engine.run(c.retired + 100);
  if (ended !== "root") throw new Error(`the guest ended with ${ended}, not with a VM exit`);
  return { reason: Number(v.read("exitReason")) };
}
