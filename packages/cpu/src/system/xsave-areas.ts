import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { controlWord, setControlWord } from "../x87/registers.ts";
import { EFER_FFXSR } from "./control-bits.ts";
import { GP } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { type LinearAddress, loadWords, storeWords } from "./linear-bytes.ts";
import {
  AVX,
  compactedLayout,
  componentLayout,
  componentsInUse,
  componentsOf,
  componentWords,
  initialWord,
  MXCSR_INITIAL,
  MXCSR_MASK,
  MXCSR_WORD,
  SSE,
  X87,
} from "./xsave-components.ts";

const HEADER = 512;
const MXCSR_OFFSET = 24;
const XMM_OFFSET = 160;
const COMPACTED = 1n << 63n;

/** Where an area lies, and whether it has x87 pointers of 64 bits (REX.W) or of 32 with selectors. */
export interface Area extends LinearAddress {
  readonly wide: boolean;
}

const INSTRUCTION_HIGH = S.X87_STATE + 3;
const DATA_HIGH = S.X87_STATE + 5;

/** What an area shows of a state word: narrow pointers have their selector in the upper half. */
function savedWord(c: Processor, word: number, wide: boolean): number {
  if (!wide && word === INSTRUCTION_HIGH) return c.s[S.X87_SELECTORS]! & 0xffff;
  if (!wide && word === DATA_HIGH) return c.s[S.X87_SELECTORS]! >>> 16;
  return c.s[word]!;
}

/** Takes the selectors of narrow pointers out of the words to be loaded. */
function separateSelectors(values: Map<number, number>, wide: boolean): void {
  const [instruction, data] = [values.get(INSTRUCTION_HIGH), values.get(DATA_HIGH)];
  if (instruction === undefined || data === undefined) return;
  values.set(S.X87_SELECTORS, wide ? 0 : (instruction & 0xffff) | (data << 16));
  if (wide) return;
  values.set(INSTRUCTION_HIGH, 0);
  values.set(DATA_HIGH, 0);
}

/** Loads the collected words; what of them the x87 derives or fixes is put right. */
function loadCollected(c: Processor, values: Map<number, number>, wide: boolean): void {
  separateSelectors(values, wide);
  for (const [word, value] of values) c.s[word] = value;
  if (values.has(S.X87_STATE)) setControlWord(c, controlWord(c));
}

function has(mask: bigint, component: number): boolean {
  return ((mask >> BigInt(component)) & 1n) === 1n;
}

function halves(value: bigint): number[] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}

function join(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** Where a component's words lie in an area: pieces of `[offset, words]`. The x87 component leaves MXCSR's place alone. */
function piecesOf(
  c: Processor,
  component: number,
  offsets: ReadonlyMap<number, number> | null,
): [number, number[]][] | null {
  const words = componentWords(c, component);
  if (words === null) {
    c.stopUnimplemented(`XSAVE state component ${component}`, new Uint8Array());
    return null;
  }
  if (component === X87)
    return [
      [0, words.slice(0, 6)],
      [32, words.slice(6)],
    ];
  if (component === SSE) return [[XMM_OFFSET, words]];
  const offset = offsets === null ? componentLayout(c, component)!.offset : offsets.get(component)!;
  return [[offset, words]];
}

function storeComponent(c: Processor, at: Area, component: number, offsets: ReadonlyMap<number, number> | null) {
  const pieces = piecesOf(c, component, offsets);
  return (
    pieces?.every(([offset, words]) =>
      storeWords(
        c,
        at,
        offset,
        words.map((word) => savedWord(c, word, at.wide)),
      ),
    ) === true
  );
}

function storeMxcsr(c: Processor, at: Area): boolean {
  return storeWords(c, at, MXCSR_OFFSET, [c.s[MXCSR_WORD]!, MXCSR_MASK]);
}

/** XSAVE and XSAVEOPT. `optimized`: components in their initial configuration are not written. False when a fault is pending. */
export function saveStandard(c: Processor, at: Area, requested: bigint, optimized: boolean): boolean {
  const old = loadWords(c, at, HEADER, 2);
  if (old === null) return false;
  const inUse = componentsInUse(c, requested);
  for (const component of componentsOf(optimized ? requested & inUse : requested))
    if (!storeComponent(c, at, component, null)) return false;
  if ((has(requested, SSE) || has(requested, AVX)) && !storeMxcsr(c, at)) return false;
  return storeWords(c, at, HEADER, halves((join(old[0]!, old[1]!) & ~requested) | inUse));
}

/** XSAVEC and XSAVES. False when a fault is pending. */
export function saveCompacted(c: Processor, at: Area, requested: bigint): boolean {
  let inUse = componentsInUse(c, requested);
  if (has(requested, SSE) && c.s[MXCSR_WORD] !== MXCSR_INITIAL) inUse |= 1n << BigInt(SSE);
  const { offsets } = compactedLayout(c, requested);
  for (const component of componentsOf(inUse)) if (!storeComponent(c, at, component, offsets)) return false;
  if (has(inUse, SSE) && !storeMxcsr(c, at)) return false;
  return storeWords(c, at, HEADER, [...halves(inUse), ...halves(requested | COMPACTED)]);
}

interface Header {
  readonly present: bigint;
  readonly layout: bigint;
  readonly compacted: boolean;
}

/** Reads and checks the header (SDM 1 "Operation of XRSTOR"). Null when a fault is pending. */
function readHeader(c: Processor, at: Area, enabled: bigint, supervisor: boolean): Header | null {
  const words = loadWords(c, at, HEADER, 16);
  if (words === null) return null;
  const present = join(words[0]!, words[1]!);
  const layout = join(words[2]!, words[3]!);
  const compacted = (layout & COMPACTED) !== 0n;
  const legal = compacted
    ? (supervisor || hasFeature(c, "xsavec")) &&
      (layout & ~COMPACTED & ~enabled) === 0n &&
      (present & ~layout) === 0n &&
      words.slice(4).every((word) => word === 0)
    : !supervisor && layout === 0n && words[4] === 0 && words[5] === 0 && (present & ~enabled) === 0n;
  if (legal) return { present: present & ~COMPACTED, layout: layout & ~COMPACTED, compacted };
  c.raise(GP, 0);
  return null;
}

/** XRSTOR and XRSTORS: everything is read and checked before any register changes. False when a fault is pending. */
export function restoreArea(c: Processor, at: Area, requested: bigint, enabled: bigint, supervisor: boolean): boolean {
  const header = readHeader(c, at, enabled, supervisor);
  if (header === null) return false;
  const offsets = header.compacted ? compactedLayout(c, header.layout).offsets : null;
  const values = new Map<number, number>();
  for (const component of componentsOf(requested)) {
    const loads = has(header.present, component);
    if (!collect(c, at, component, loads ? { offsets } : null, values)) return false;
  }
  if (!collectMxcsr(c, at, requested, header, values)) return false;
  loadCollected(c, values, at.wide);
  return true;
}

/** New values of a component's words, from memory or initial. */
function collect(
  c: Processor,
  at: Area,
  component: number,
  source: { readonly offsets: ReadonlyMap<number, number> | null } | null,
  values: Map<number, number>,
): boolean {
  if (source === null) {
    for (const word of componentWords(c, component) ?? []) values.set(word, initialWord(word));
    return true;
  }
  for (const [offset, words] of piecesOf(c, component, source.offsets) ?? []) {
    const loaded = loadWords(c, at, offset, words.length);
    if (loaded === null) return false;
    words.forEach((word, n) => {
      values.set(word, loaded[n]!);
    });
  }
  return c.fault === 0;
}

function collectMxcsr(c: Processor, at: Area, requested: bigint, header: Header, values: Map<number, number>): boolean {
  if (header.compacted && !has(requested, SSE)) return true;
  if (!has(requested, SSE) && !has(requested, AVX)) return true;
  if (header.compacted && !has(header.present, SSE)) {
    values.set(MXCSR_WORD, MXCSR_INITIAL);
    return true;
  }
  const loaded = loadWords(c, at, MXCSR_OFFSET, 1);
  if (loaded === null) return false;
  values.set(MXCSR_WORD, loaded[0]!);
  if ((loaded[0]! & ~MXCSR_MASK) === 0) return true;
  c.raise(GP, 0);
  return false;
}

/** FXSAVE's 512 bytes, of which the last 96 are software's. False when a fault is pending. */
export function saveLegacy(c: Processor, at: Area): boolean {
  if (!storeComponent(c, at, X87, null) || !storeMxcsr(c, at)) return false;
  return !hasLegacySse(c) || storeComponent(c, at, SSE, null);
}

/** The XMM registers are part of the image unless CR4.OSFXSR is 0 or EFER.FFXSR makes 64-bit supervisor code quick. */
function hasLegacySse(c: Processor): boolean {
  const quick = (c.s[S.EFER]! & EFER_FFXSR) !== 0 && c.s[S.CPL] === 0 && c.in64BitMode;
  return (c.s[S.CR4]! & (1 << 9)) !== 0 && !quick;
}

/** FXRSTOR. False when a fault is pending. */
export function restoreLegacy(c: Processor, at: Area): boolean {
  const values = new Map<number, number>();
  const components = hasLegacySse(c) ? [X87, SSE] : [X87];
  for (const component of components) if (!collect(c, at, component, { offsets: null }, values)) return false;
  if (!collectMxcsr(c, at, 2n, { present: 2n, layout: 0n, compacted: false }, values)) return false;
  loadCollected(c, values, at.wide);
  return true;
}
