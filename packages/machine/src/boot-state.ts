import { type Processor, STATE } from "@hvdiff/cpu";

/** What firmware has done before the image starts. */
export type FirmwareProfile = "none" | "seabios" | "ovmf";

/** IA32_FEATURE_CONTROL as firmware leaves it: untouched, or locked with VMX outside SMX allowed. */
export function featureControlAfter(profile: FirmwareProfile): number {
  return profile === "none" ? 0 : 5;
}

const CODE_64 = 0xa09b;
const CODE_32 = 0xc09b;
const DATA_32 = 0xc093;
const CODE_16 = 0x9b;
const DATA_16 = 0x93;
const BUSY_TSS = 0x8b;
const LDT = 0x82;
const UNUSABLE = 0x10000;
const WHOLE = 0xffffffff;
const SEGMENT_16 = 0xffff;
const CR0_ET = 0x10;
const CR0_PE = 1;
const CR0_PG = 0x80000000 | 0;
const CR4_PAE = 0x20;
const EFER_LME_LMA = 0x500;

/** A general-purpose register by its number in instructions, with a value below 4 GiB. */
export type RegisterValue = readonly [register: number, value: number];

export const EAX = 0;
export const EBX = 3;
export const ESI = 6;

/** Base and limit of a descriptor table. */
export interface DescriptorTable {
  readonly base: number;
  readonly limit: number;
}

/** A register image that is independent of who loads it: the processor itself on metal, a VMCS under an L0. */
export interface InitialState {
  readonly rip: number;
  /** General registers that are not zero. */
  readonly registers: readonly RegisterValue[];
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
  readonly gdt: DescriptorTable;
  readonly idt: DescriptorTable;
  /** ES CS SS DS FS GS LDTR TR. */
  readonly segments: readonly {
    readonly selector: number;
    readonly base: number;
    readonly limit: number;
    readonly access: number;
  }[];
}

const NO_TABLE: DescriptorTable = { base: 0, limit: 0xffff };

function segments(code: InitialState["segments"][number], data: InitialState["segments"][number]) {
  const ldtr = { selector: 0, base: 0, limit: SEGMENT_16, access: UNUSABLE | LDT };
  const tr = { selector: 0, base: 0, limit: SEGMENT_16, access: BUSY_TSS };
  return [data, code, data, data, data, data, ldtr, tr];
}

/** Selectors of the flat code and data segments, and the table that they are in. */
export interface FlatSegments {
  readonly code: number;
  readonly data: number;
  readonly gdt?: DescriptorTable;
}

const DEFAULT_SEGMENTS: FlatSegments = { code: 0x08, data: 0x10 };

/** 32-bit protected mode with paging off and flat segments: what multiboot and PVH give a kernel. */
export function protectedModeState(
  rip: number,
  registers: readonly RegisterValue[],
  { code, data, gdt = NO_TABLE }: FlatSegments = DEFAULT_SEGMENTS,
): InitialState {
  return {
    rip,
    registers,
    cr0: CR0_ET | CR0_PE,
    cr3: 0,
    cr4: 0,
    efer: 0,
    gdt,
    idt: NO_TABLE,
    segments: segments(
      { selector: code, base: 0, limit: WHOLE, access: CODE_32 },
      { selector: data, base: 0, limit: WHOLE, access: DATA_32 },
    ),
  };
}

/** 64-bit mode on the given page tables. */
export function longModeState(
  rip: number,
  registers: readonly RegisterValue[],
  { code, data, gdt = NO_TABLE, cr3 }: FlatSegments & { readonly cr3: number },
): InitialState {
  return {
    rip,
    registers,
    cr0: CR0_PG | CR0_ET | CR0_PE,
    cr3,
    cr4: CR4_PAE,
    efer: EFER_LME_LMA,
    gdt,
    idt: NO_TABLE,
    segments: segments(
      { selector: code, base: 0, limit: WHOLE, access: CODE_64 },
      { selector: data, base: 0, limit: WHOLE, access: DATA_32 },
    ),
  };
}

/** Real-address mode at an address below 1 MiB; code segment 0 where that reaches it. */
export function realModeState(address: number): InitialState {
  const base = address < 0x10000 ? 0 : address & ~0xf;
  return {
    rip: address - base,
    registers: [],
    cr0: CR0_ET,
    cr3: 0,
    cr4: 0,
    efer: 0,
    gdt: NO_TABLE,
    idt: { base: 0, limit: 0x3ff },
    segments: segments(
      { selector: base >> 4, base, limit: SEGMENT_16, access: CODE_16 },
      { selector: 0, base: 0, limit: SEGMENT_16, access: DATA_16 },
    ),
  };
}

/** Loads the state into a processor (metal). */
export function applyState(c: Processor, state: InitialState): void {
  const s = c.s;
  s[STATE.RIP] = state.rip | 0;
  s[STATE.RIP + 1] = 0;
  for (const [register, value] of state.registers) c.setGpr(register, BigInt(value));
  s[STATE.CR0] = state.cr0;
  s[STATE.CR3] = state.cr3;
  s[STATE.CR4] = state.cr4;
  s[STATE.EFER] = state.efer;
  state.segments.forEach((segment, at) => {
    const word = STATE.SEGMENTS + at * STATE.SEGMENT_STRIDE;
    s[word + STATE.SEGMENT_SELECTOR] = segment.selector;
    s[word + STATE.SEGMENT_BASE] = segment.base;
    s[word + STATE.SEGMENT_LIMIT] = segment.limit | 0;
    s[word + STATE.SEGMENT_ACCESS] = segment.access;
  });
  applyTable(s, STATE.GDTR, state.gdt);
  applyTable(s, STATE.IDTR, state.idt);
  s[STATE.DR6] = 0xffff0ff0 | 0;
  s[STATE.DR7] = 0x400;
  s[STATE.XCR0] = 1;
  c.rflags = 2n;
  c.translationChanged();
}

function applyTable(s: Int32Array, word: number, { base, limit }: DescriptorTable): void {
  s[word] = base;
  s[word + 1] = 0;
  s[word + 2] = limit;
}
