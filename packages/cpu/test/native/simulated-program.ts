import type { PhysicalMemory } from "../../src/physical-memory.ts";
import type { Processor } from "../../src/processor.ts";
import * as S from "../../src/state-layout.ts";
import {
  CODE_PAGE,
  DATA_PAGE,
  GS_BASE,
  LOW_PAGE,
  type NativeCase,
  type NativeSegments,
  READ_ONLY_PAGE,
  shownSelector,
} from "./native-case.ts";

/* Pages, descriptors and segment registers as the harness has them on Linux. */

export const PAGE_TABLES = 0x1000;
const USER_WRITABLE = 7;
const USER_READ_ONLY = 5;
const SUPERVISOR = 3;
const TABLE_SPAN = 0x200000;
/** Behind the pages of the cases, and out of reach for programs. */
const DESCRIPTOR_PAGE = DATA_PAGE + 0x20000;
const GDT_LIMIT = 0x7f;
const LDT = DESCRIPTOR_PAGE + 0x800;
const LDT_SELECTOR = 0x50;
const LDT_RIGHTS = 0x82;
const LDT_LIMIT = 7;
const UNUSABLE = 1 << 16;
const NULL_SELECTORS = 4;
const ALL = 0xffffffff;

/** What Linux has in its GDT for programs to use, and for itself. */
const DESCRIPTORS: Readonly<Record<number, bigint>> = {
  8: 0x00cf_9b00_0000_ffffn,
  16: 0x00af_9b00_0000_ffffn,
  24: 0x00cf_9300_0000_ffffn,
  32: 0x00cf_fb00_0000_ffffn,
  40: 0x00cf_f300_0000_ffffn,
  48: 0x00af_fb00_0000_ffffn,
};
/** The harness's 16-bit code segment. */
const CODE_16_DESCRIPTOR = 0x1000_fb00_0000_ffffn;

const CODE_SELECTOR = 0x33;
const CODE_SELECTOR_32 = 0x23;
const CODE_SELECTOR_16 = 0x07;
const DATA_SELECTOR = 0x2b;

const RIGHTS: Readonly<Record<number, number>> = {
  [CODE_SELECTOR]: 0xa0fb,
  [CODE_SELECTOR_32]: 0xc0fb,
  [DATA_SELECTOR]: 0xc0f3,
  [CODE_SELECTOR_16]: 0xfb,
};

/** Identity mapping by one PML4, PDPT and PD and a PT for each of the areas; the data pages also appear at `LOW_PAGE`. */
export function mapPages(memory: PhysicalMemory): void {
  const directory = PAGE_TABLES + 0x2000;
  memory.write64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000 + USER_WRITABLE));
  memory.write64(PAGE_TABLES + 0x1000, BigInt(directory + USER_WRITABLE));
  [LOW_PAGE, CODE_PAGE, DATA_PAGE].forEach((area, n) => {
    const table = directory + (n + 1) * 4096;
    memory.write64(directory + Math.floor(area / TABLE_SPAN) * 8, BigInt(table + USER_WRITABLE));
  });
  const map = (at: number, physical: number, rights: number) => {
    const table = directory + (at >= DATA_PAGE ? 3 : at >= CODE_PAGE ? 2 : 1) * 4096;
    memory.write64(table + (Math.floor(at / 4096) % 512) * 8, BigInt(physical + rights));
  };
  map(CODE_PAGE, CODE_PAGE, USER_WRITABLE);
  map(DESCRIPTOR_PAGE, DESCRIPTOR_PAGE, SUPERVISOR);
  for (let at = DATA_PAGE; at <= READ_ONLY_PAGE; at += 4096) {
    const rights = at === READ_ONLY_PAGE ? USER_READ_ONLY : USER_WRITABLE;
    map(at, at, rights);
    map(at - DATA_PAGE + LOW_PAGE, at, rights);
  }
}

/** GDT and LDT. */
export function loadDescriptorTables(c: Processor): void {
  const { memory, s } = c;
  for (const [offset, value] of Object.entries(DESCRIPTORS)) memory.write64(DESCRIPTOR_PAGE + Number(offset), value);
  memory.write64(LDT, CODE_16_DESCRIPTOR);
  s[S.GDTR] = DESCRIPTOR_PAGE;
  s[S.GDTR + 2] = GDT_LIMIT;
  setSegment(c, S.LDTR, LDT_SELECTOR, LDT_RIGHTS, LDT, LDT_LIMIT);
}

function setSegment(c: Processor, register: number, selector: number, rights: number, base = 0, limit = ALL): void {
  const word = S.SEGMENTS + register * S.SEGMENT_STRIDE;
  c.s[word + S.SEGMENT_SELECTOR] = selector;
  c.s[word + S.SEGMENT_ACCESS] = rights;
  c.s[word + S.SEGMENT_BASE] = base;
  c.s[word + S.SEGMENT_BASE_HIGH] = 0;
  c.s[word + S.SEGMENT_LIMIT] = limit | 0;
}

function enterCode(c: Processor, item: NativeCase): void {
  const word = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE;
  const selector = item.code16 === true ? CODE_SELECTOR_16 : item.mode32 ? CODE_SELECTOR_32 : CODE_SELECTOR;
  if (c.s[word + S.SEGMENT_SELECTOR] === selector) return;
  const narrow = selector === CODE_SELECTOR_16;
  setSegment(c, S.CS, selector, RIGHTS[selector]!, narrow ? CODE_PAGE : 0, narrow ? 0xffff : ALL);
  c.translationChanged();
}

/** Loads the segment registers that a case begins with. */
export function enterSegments(c: Processor, item: NativeCase): void {
  enterCode(c, item);
  setSegment(c, S.SS, DATA_SELECTOR, RIGHTS[DATA_SELECTOR]!);
  for (const register of [S.ES, S.DS, S.FS, S.GS]) {
    const selector = item.segments?.selectors[register] ?? (register < S.FS ? DATA_SELECTOR : 0);
    const isNull = selector < NULL_SELECTORS;
    const base = isNull && (register === S.GS || item.segments !== undefined) ? GS_BASE : 0;
    // Null selectors in FS and GS hold what 64-bit mode makes of them.
    const rights = isNull ? (item.segments === undefined ? RIGHTS[DATA_SELECTOR]! : UNUSABLE) : RIGHTS[selector]!;
    setSegment(c, register, selector, rights, register < S.FS ? 0 : base);
  }
}

/** Segment registers at the end of a case. */
export function segmentsOf(c: Processor): NativeSegments {
  const word = (register: number) => S.SEGMENTS + register * S.SEGMENT_STRIDE;
  return {
    selectors: Array.from({ length: 6 }, (_, n) => shownSelector(c.s[word(n) + S.SEGMENT_SELECTOR]! & 0xffff)),
    bases: [S.FS, S.GS].map((register) => c.get64(word(register) + S.SEGMENT_BASE)),
  };
}
