import { enterVirtualWireMode } from "../../src/apic/reset.ts";
import { Engine, type RunResult } from "../../src/engine.ts";
import type { CpuModel } from "../../src/models/model.ts";
import { skylakeClient } from "../../src/models/skylake-client.ts";
import { PhysicalMemory } from "../../src/physical-memory.ts";
import { Processor } from "../../src/processor.ts";
import * as S from "../../src/state-layout.ts";

/** Selectors of the kit's GDT. */
export const CODE64 = 0x08;
export const DATA = 0x10;
export const CODE32 = 0x18;
export const USER_DATA = 0x23;
export const USER_CODE64 = 0x2b;
export const TASK = 0x30;
export const USER_CODE32 = 0x43;
/** A free 16-byte slot of the GDT for descriptors of a test's own. */
export const SPARE = 0x50;

export const GDT_BASE = 0x1000;
export const IDT_BASE = 0x2000;
export const TSS_BASE = 0x3000;
export const TSS_LIMIT = 0x2067;
export const CODE_BASE = 0x10000;
export const HANDLERS = 0x20000;
export const STACK_TOP = 0x80000;
export const KERNEL_STACK = 0x90000;
export const PAGE_TABLES = 0x100000;

const DESCRIPTORS: readonly (readonly [number, bigint])[] = [
  [CODE64, 0x00af9b000000ffffn],
  [DATA, 0x00cf93000000ffffn],
  [CODE32, 0x00cf9b000000ffffn],
  [USER_DATA & ~3, 0x00cff3000000ffffn],
  [USER_CODE64 & ~3, 0x00affb000000ffffn],
  [USER_CODE32 & ~3, 0x00cffb000000ffffn],
];

const RIGHTS: Readonly<Record<number, number>> = {
  [CODE64]: 0xa09b,
  [DATA]: 0xc093,
  [CODE32]: 0xc09b,
  [USER_DATA]: 0xc0f3,
  [USER_CODE64]: 0xa0fb,
  [USER_CODE32]: 0xc0fb,
};

export interface PortAccess {
  readonly port: number;
  readonly size: number;
  readonly value: number;
}

/** A processor in a small prepared world, with everything a test may look at. */
export interface System {
  readonly c: Processor;
  readonly engine: Engine;
  readonly memory: PhysicalMemory;
  readonly writes: PortAccess[];
  readonly events: { kind: string; data: Readonly<Record<string, unknown>> }[];
  /** Writes code where RIP stands and runs until `count` more instructions have been retired. */
  run(code: readonly number[], count: number): RunResult;
}

export type Mode = "real" | "protected" | "long";

export function setSegment(
  c: Processor,
  register: number,
  selector: number,
  rights: number,
  base = 0,
  limit = -1,
): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_SELECTOR] = selector;
  c.s[word + S.SEGMENT_BASE] = base;
  c.s[word + S.SEGMENT_BASE_HIGH] = 0;
  c.s[word + S.SEGMENT_LIMIT] = limit;
  c.s[word + S.SEGMENT_ACCESS] = rights;
}

/** Loads CS, SS and CPL for code at a privilege level without any instruction. */
export function enter(c: Processor, code: number, data: number): void {
  setSegment(c, S.CS, code, RIGHTS[code]!);
  for (const register of [S.SS, S.DS, S.ES, S.FS, S.GS]) setSegment(c, register, data, RIGHTS[data]!);
  c.s[S.CPL] = code & 3;
  c.translationChanged();
}

function identityPages(memory: PhysicalMemory): void {
  memory.write64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 7n);
  memory.write64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2000) | 7n);
  for (let n = 0; n < 4; n++) memory.write64(PAGE_TABLES + 0x2000 + 8 * n, BigInt(n * 0x200000) | 0x87n);
}

function tables(c: Processor): void {
  const { memory } = c;
  memory.writeBytes(HANDLERS, new Uint8Array(0x1000).fill(0x90));
  for (const [selector, value] of DESCRIPTORS) memory.write64(GDT_BASE + selector, value);
  c.s[S.GDTR] = GDT_BASE;
  c.s[S.GDTR + 2] = 0x7f;
  c.s[S.IDTR] = IDT_BASE;
  c.s[S.IDTR + 2] = 0xfff;
  setSegment(c, S.TR, TASK, 0x8b, TSS_BASE, TSS_LIMIT);
  setSegment(c, S.LDTR, 0, 0x10082);
}

/** Makes a processor with flat segments, and in "long" identity paging of the first 8 MiB, user accesses allowed. */
export function createSystem(mode: Mode, model: CpuModel = skylakeClient): System {
  const memory = new PhysicalMemory(1, 8 << 20);
  memory.addRam(0, 8 << 20);
  const writes: PortAccess[] = [];
  const bus = {
    readPort: (port: number, size: number) => (port * 3 + size) >>> 0,
    writePort: (port: number, size: number, value: number) => void writes.push({ port, size, value }),
    acknowledgeInterrupt: () => 0x21,
  };
  const c = new Processor(0, model, memory, bus);
  enterVirtualWireMode(c);
  const events: System["events"] = [];
  c.trace = { event: (kind, data) => void events.push({ kind, data }) };
  c.rflags = 2n;
  c.s[S.XCR0] = 1;
  c.setGpr(4, BigInt(mode === "real" ? 0x8000 : STACK_TOP));
  tables(c);
  if (mode === "real") enterRealMode(c);
  else enterProtectedMode(c, mode === "long");
  const engine = new Engine(c);
  const run = (code: readonly number[], count: number): RunResult => {
    const base = c.s[S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE]!;
    memory.writeBytes(base + Number(c.rip), Uint8Array.from(code));
    return engine.run(c.retired + count);
  };
  return { c, engine, memory, writes, events, run };
}

function enterRealMode(c: Processor): void {
  for (const register of [S.ES, S.CS, S.SS, S.DS, S.FS, S.GS]) setSegment(c, register, 0, 0x93, 0, 0xffff);
  c.s[S.IDTR] = 0;
  c.s[S.IDTR + 2] = 0x3ff;
  c.s[S.CR0] = 0x10;
  c.rip = 0x1000n;
  c.translationChanged();
}

function enterProtectedMode(c: Processor, long: boolean): void {
  c.s[S.CR0] = 0x11;
  c.rip = BigInt(CODE_BASE);
  if (long) {
    identityPages(c.memory);
    c.s[S.CR3] = PAGE_TABLES;
    c.s[S.CR4] = (1 << 5) | (1 << 9) | (1 << 18);
    c.s[S.EFER] = 0xd01;
    c.s[S.CR0] = 0x80010031 | 0;
  }
  enter(c, long ? CODE64 : CODE32, DATA);
}

/** Where the kit's handler of a vector lies. */
export function handlerOf(vector: number): number {
  return HANDLERS + vector * 16;
}

/** Fills a 64-bit IDT entry. */
export function setGate64(
  memory: PhysicalMemory,
  vector: number,
  { selector = CODE64, type = 14, dpl = 0, ist = 0, present = true, offset = BigInt(handlerOf(vector)) } = {},
): void {
  const at = IDT_BASE + vector * 16;
  const rights = BigInt((present ? 0x80 : 0) | (dpl << 5) | type);
  memory.write64(
    at,
    (offset & 0xffffn) |
      (BigInt(selector) << 16n) |
      (BigInt(ist) << 32n) |
      (rights << 40n) |
      (((offset >> 16n) & 0xffffn) << 48n),
  );
  memory.write64(at + 8, (offset >> 32n) & 0xffff_ffffn);
}

/** Fills a protected-mode IDT entry. */
export function setGate32(
  memory: PhysicalMemory,
  vector: number,
  { selector = CODE32, type = 14, dpl = 0 } = {},
): void {
  const offset = BigInt(handlerOf(vector));
  const rights = BigInt(0x80 | (dpl << 5) | type);
  memory.write64(
    IDT_BASE + vector * 8,
    (offset & 0xffffn) | (BigInt(selector) << 16n) | (rights << 40n) | ((offset >> 16n) << 48n),
  );
}

/** The 64-bit words at the top of the stack. */
export function stackWords(c: Processor, count: number): bigint[] {
  return Array.from({ length: count }, (_, n) => c.memory.read64(Number(c.gpr(4)) + 8 * n));
}

/** The 32-bit words at the top of the stack. */
export function stackDwords(c: Processor, count: number): number[] {
  return Array.from({ length: count }, (_, n) => c.memory.read32(Number(c.gpr(4) & 0xffff_ffffn) + 4 * n));
}

/** A register's selector. */
export function selectorOf(c: Processor, register: number): number {
  return c.s[S.SEGMENTS + register * S.SEGMENT_STRIDE + S.SEGMENT_SELECTOR]!;
}

/** The exceptions delivered so far as "vector" or "vector:errorCode". */
export function exceptionsOf(system: System): string[] {
  return system.events
    .filter((event) => event.kind === "exception")
    .map((event) => {
      const { vector, errorCode } = event.data as { vector: number; errorCode?: number };
      return errorCode === undefined ? `${vector}` : `${vector}:${errorCode}`;
    });
}
