import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { EXTENDED_STATE, VECTOR_REGISTERS, X87_STATE, XCR0 } from "../state-layout.ts";
import { cpuidEntry } from "./features.ts";
import { msrWord } from "./msr-storage.ts";

export const X87 = 0;
export const SSE = 1;
export const AVX = 2;
const BNDREGS = 3;
const BNDCSR = 4;
const OPMASK = 5;
const ZMM_HI256 = 6;
const HI16_ZMM = 7;
const PROCESSOR_TRACE = 8;
const PKRU = 9;
const PASID = 10;
const CET_USER = 11;
const CET_SUPERVISOR = 12;
const HARDWARE_DUTY_CYCLE = 13;

/** Bytes 24-31 of the legacy region: MXCSR and its mask. */
export const MXCSR_WORD = X87_STATE + 6;
export const MXCSR_INITIAL = 0x1f80;
export const MXCSR_MASK = 0xffff;
const FCW_INITIAL = 0x37f;
const X87_WORDS = 40;
const STACK_REGISTERS_END = 40;

/** Where the plainly stored components lie in `EXTENDED_STATE`: byte offset. */
const PLAIN_OFFSETS: Readonly<Record<number, number>> = {
  [OPMASK]: 0,
  [PKRU]: 64,
  [PASID]: 72,
  [HARDWARE_DUTY_CYCLE]: 80,
  [BNDREGS]: 128,
  [BNDCSR]: 192,
  [PROCESSOR_TRACE]: 256,
  [HI16_ZMM]: 512,
};

/** Word of BNDCFGU's low half in the state. */
export const BNDCFGU_WORD = EXTENDED_STATE + 48;
/** PKRU's word in the state. */
export const PKRU_WORD = EXTENDED_STATE + 16;

/** A component of extended state as CPUID leaf 0DH describes it. */
export interface ComponentLayout {
  readonly size: number;
  /** Offset in the standard format; 0 for supervisor components. */
  readonly offset: number;
  readonly supervisor: boolean;
  /** Aligned to 64 bytes in the compacted format. */
  readonly aligned: boolean;
}

/** Layout of component 2-62; undefined where the processor has none. */
export function componentLayout(c: Processor, component: number): ComponentLayout | undefined {
  const entry = cpuidEntry(c.model, 0xd, component);
  if (entry === undefined || entry.eax === 0) return undefined;
  return {
    size: entry.eax,
    offset: entry.ebx,
    supervisor: (entry.ecx & 1) !== 0,
    aligned: (entry.ecx & 2) !== 0,
  };
}

function join(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** Components that XCR0 may enable. */
export function supportedXcr0(c: Processor): bigint {
  const entry = cpuidEntry(c.model, 0xd, 0);
  return entry === undefined ? 0n : join(entry.eax, entry.edx);
}

/** Components that IA32_XSS may enable. */
export function supportedXss(c: Processor): bigint {
  const entry = cpuidEntry(c.model, 0xd, 1);
  return entry === undefined ? 0n : join(entry.ecx, entry.edx);
}

/** Numbers of the components in a mask, ascending. */
export function componentsOf(mask: bigint): number[] {
  const numbers: number[] = [];
  for (let n = 0; n < 63; n++) if (((mask >> BigInt(n)) & 1n) === 1n) numbers.push(n);
  return numbers;
}

/** Vector registers that the mode can reach. */
function vectorCount(c: Processor): number {
  return c.in64BitMode ? 16 : 8;
}

/** State words of a component in the order of its bytes in memory; null where the simulator keeps none. */
export function componentWords(c: Processor, component: number): number[] | null {
  switch (component) {
    case X87:
      return span(X87_STATE, X87_WORDS).filter((word) => word !== MXCSR_WORD && word !== MXCSR_WORD + 1);
    case SSE:
      return vectorWords(c, 0, 4);
    case AVX:
      return vectorWords(c, 4, 4);
    case ZMM_HI256:
      return vectorWords(c, 8, 8);
    case CET_USER:
      return msrWords([MSRS.IA32_U_CET.address, MSRS.IA32_PL3_SSP.address]);
    case CET_SUPERVISOR:
      return msrWords([MSRS.IA32_PL0_SSP.address, MSRS.IA32_PL1_SSP.address, MSRS.IA32_PL2_SSP.address]);
    default:
      return plainWords(c, component);
  }
}

function span(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => first + n);
}

function vectorWords(c: Processor, first: number, count: number): number[] {
  const words: number[] = [];
  for (let register = 0; register < vectorCount(c); register++)
    words.push(...span(VECTOR_REGISTERS + register * 16 + first, count));
  return words;
}

function msrWords(addresses: readonly number[]): number[] {
  return addresses.flatMap((address) => span(msrWord(address)!, 2));
}

function plainWords(c: Processor, component: number): number[] | null {
  const offset = PLAIN_OFFSETS[component];
  const layout = componentLayout(c, component);
  if (offset === undefined || layout === undefined) return null;
  return span(EXTENDED_STATE + offset / 4, layout.size / 4);
}

/** Value of a component's word in its initial configuration: zero but for the x87 control word. */
export function initialWord(word: number): number {
  return word === X87_STATE ? FCW_INITIAL : 0;
}

/** Components that are not in their initial configuration. */
export function componentsInUse(c: Processor, among: bigint): bigint {
  let mask = 0n;
  for (const component of componentsOf(among)) {
    const words = componentWords(c, component) ?? [];
    if (words.some((word) => c.s[word] !== initialWord(word))) mask |= 1n << BigInt(component);
  }
  return mask;
}

/** Bytes of a standard-format area that holds the components. */
export function standardSize(c: Processor, mask: bigint): number {
  let end = 576;
  for (const component of componentsOf(mask & ~3n)) {
    const layout = componentLayout(c, component);
    if (layout !== undefined && !layout.supervisor) end = Math.max(end, layout.offset + layout.size);
  }
  return end;
}

/** Offsets of the components of a compacted area, and its size in bytes. */
export function compactedLayout(c: Processor, mask: bigint): { offsets: ReadonlyMap<number, number>; size: number } {
  const offsets = new Map<number, number>();
  let end = 576;
  for (const component of componentsOf(mask & ~3n)) {
    const layout = componentLayout(c, component);
    if (layout === undefined) continue;
    if (layout.aligned) end = Math.ceil(end / 64) * 64;
    offsets.set(component, end);
    end += layout.size;
  }
  return { offsets, size: end };
}

/** What software has enabled in XCR0. */
export function enabledXcr0(c: Processor): bigint {
  return c.get64(XCR0);
}

/** FNINIT and the MXCSR of reset. */
export function resetFloatingPoint(c: Processor): void {
  c.s.fill(0, X87_STATE, X87_STATE + STACK_REGISTERS_END);
  c.s[X87_STATE] = FCW_INITIAL;
  c.s[MXCSR_WORD] = MXCSR_INITIAL;
  c.s[MXCSR_WORD + 1] = MXCSR_MASK;
}
