import type { PhysicalMemory } from "@hvdiff/cpu";
import type { InitialState } from "@hvdiff/machine";
import { CLIENT, GATE, PAGE } from "../host-layout.ts";

/*
 * The real state of a hypervisor that is written in TypeScript and stands on another: page tables, descriptor tables, one instruction of each
 * kind that it executes, and the gate. Code that comes to the gate's page is taken over by TypeScript, where it came tells what has happened.
 */

/** The instructions: 64-bit code. An address operand is at `CLIENT.operands`. */
const INSTRUCTIONS = {
  vmread: [0x0f, 0x78, 0xc8],
  vmwrite: [0x0f, 0x79, 0xc8],
  vmptrld: [0x0f, 0xc7, 0x34, 0x25],
  vmclear: [0x66, 0x0f, 0xc7, 0x34, 0x25],
  vmxon: [0xf3, 0x0f, 0xc7, 0x34, 0x25],
  invept: [0x66, 0x0f, 0x38, 0x80, 0x0c, 0x25],
  invvpid: [0x66, 0x0f, 0x38, 0x81, 0x0c, 0x25],
  vmlaunch: [0x0f, 0x01, 0xc2],
  vmresume: [0x0f, 0x01, 0xc3],
  rdmsr: [0x0f, 0x32],
  wrmsr: [0x0f, 0x30],
  rdtsc: [0x0f, 0x31],
  moveToCr4: [0x0f, 0x22, 0xe0],
  vmcall: [0x0f, 0x01, 0xc1],
  halt: [0xfb, 0xf4],
} as const;

export type ClientInstruction = keyof typeof INSTRUCTIONS;

const NAMES = Object.keys(INSTRUCTIONS) as ClientInstruction[];
const MEMORY_OPERAND = new Set<ClientInstruction>(["vmptrld", "vmclear", "vmxon", "invept", "invvpid"]);
const STUB_BYTES = 32;
const JUMP = 0xe9;

/** Linear address of the instruction. */
export function instructionAddress(name: ClientInstruction): number {
  return CLIENT.stubs + NAMES.indexOf(name) * STUB_BYTES;
}

/** How many instructions are executed until the gate: the one and the jump, or STI and HLT. */
export const INSTRUCTIONS_TO_GATE = 2;

function halves(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

function stubBytes(name: ClientInstruction): Uint8Array {
  const code: number[] = [...INSTRUCTIONS[name]];
  if (MEMORY_OPERAND.has(name)) code.push(...halves(CLIENT.operands));
  const behind = instructionAddress(name) + code.length + 5;
  return Uint8Array.from([...code, JUMP, ...halves((CLIENT.gate + GATE.done - behind) | 0)]);
}

const CODE_64 = 0x00af9b000000ffffn;
const DATA = 0x00cf93000000ffffn;
const PRESENT_WRITABLE = 3n;
const LARGE = 0x80n;
const INTERRUPT_GATE = 0x8en << 40n;
const TSS_LIMIT = 0x67n;
const AVAILABLE_TSS = 0x89n << 40n;
const VECTORS = 256;

/** Writes it all. Frames of the gate become the client's: the caller learns the page's offset in the machine's buffer. */
export function writeClientPage(memory: PhysicalMemory): number {
  memory.write64(CLIENT.tables, BigInt(CLIENT.tables + PAGE) | PRESENT_WRITABLE);
  memory.write64(CLIENT.tables + PAGE, BigInt(CLIENT.tables + 2 * PAGE) | PRESENT_WRITABLE);
  memory.write64(CLIENT.tables + 2 * PAGE, PRESENT_WRITABLE | LARGE);
  memory.write64(CLIENT.gdt + CLIENT.code, CODE_64);
  memory.write64(CLIENT.gdt + CLIENT.data, DATA);
  memory.write64(CLIENT.gdt + CLIENT.task, TSS_LIMIT | (BigInt(CLIENT.taskState) << 16n) | AVAILABLE_TSS);
  for (let vector = 0; vector < VECTORS; vector++)
    memory.write64(CLIENT.idt + vector * 16, interruptGate(CLIENT.gate + GATE.vectors + vector * 8));
  for (const name of NAMES) memory.writeBytes(instructionAddress(name), stubBytes(name));
  return memory.frameOffset(CLIENT.gate / PAGE);
}

function interruptGate(target: number): bigint {
  const [low, high] = [BigInt(target & 0xffff), BigInt(target >>> 16)];
  return low | (BigInt(CLIENT.code) << 16n) | INTERRUPT_GATE | (high << 48n);
}

const WHOLE = 0xffffffff;
const FLAT_CODE = 0xa09b;
const FLAT_DATA = 0xc093;
const NO_LDT = 0x10082;
const BUSY_TSS = 0x8b;

/** The registers that such a hypervisor starts with: 64-bit mode at the gate, as a loader leaves it. */
export function clientState(): InitialState {
  const data = { selector: CLIENT.data, base: 0, limit: WHOLE, access: FLAT_DATA };
  return {
    rip: CLIENT.gate + GATE.start,
    registers: [],
    cr0: 0x80000033 | 0,
    cr3: CLIENT.tables,
    cr4: 0x20,
    efer: 0x500,
    gdt: { base: CLIENT.gdt, limit: CLIENT.task + 15 },
    idt: { base: CLIENT.idt, limit: PAGE - 1 },
    segments: [
      data,
      { selector: CLIENT.code, base: 0, limit: WHOLE, access: FLAT_CODE },
      data,
      data,
      data,
      data,
      { selector: 0, base: 0, limit: 0xffff, access: NO_LDT },
      { selector: CLIENT.task, base: CLIENT.taskState, limit: 0x67, access: BUSY_TSS },
    ],
  };
}
