import { deflateRawSync, inflateRawSync } from "node:zlib";
import { comparedFlags } from "./compare.ts";
import { MXCSR, STACK } from "./extended-image.ts";
import type { JudgedCase } from "./form.ts";
import {
  comparesErrorCode,
  encodeRequests,
  type NativeCase,
  type NativeResult,
  type NativeSegments,
  PAGE_FAULT,
  startOf,
} from "./native-case.ts";

/*
 * Results of the real processor, packed: for each case what differs from the state before it. The cases themselves are made again
 * from their seeds; a fingerprint says whether they are still the recorded ones.
 */

const FAR = 255;
const LONGEST_RUN = 255;
const END_OF_RUNS = 0xffff;

/** FNV-1a over the cases as the harness would get them. */
export function fingerprintOf(cases: readonly NativeCase[]): number {
  let hash = 0x811c9dc5;
  for (const byte of encodeRequests(cases)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

class Writer {
  readonly bytes: number[] = [];

  /** A number in as many bytes as asked for. */
  fixed(value: number | bigint, bytes: number): void {
    const pattern = BigInt.asUintN(64, BigInt(value));
    for (let n = 0; n < bytes; n++) this.bytes.push(Number((pattern >> BigInt(8 * n)) & 0xffn));
  }

  /** A number behind the count of its bytes. */
  short(value: bigint): void {
    const bytes = Math.ceil(value.toString(16).length / 2);
    this.fixed(bytes, 1);
    this.fixed(value, bytes);
  }
}

class Reader {
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  fixed(bytes: number): bigint {
    let value = 0n;
    for (let n = 0; n < bytes; n++) value |= BigInt(this.bytes[this.at++]!) << BigInt(8 * n);
    return value;
  }

  small(bytes: number): number {
    return Number(this.fixed(bytes));
  }

  short(): bigint {
    return this.fixed(this.small(1));
  }
}

function packWindow(out: Writer, before: Uint8Array, after: Uint8Array): void {
  const changed = [...after.keys()].filter((n) => after[n] !== before[n]);
  out.fixed(changed.length, 1);
  for (const n of changed) {
    out.fixed(n, 1);
    out.fixed(after[n]!, 1);
  }
}

/** The mask of MXCSR is the processor's, not the case's. */
function isOfProcessor(at: number): boolean {
  return at >= MXCSR + 4 && at < STACK;
}

/** Runs of changed bytes: offset, count, bytes; an empty run ends them. */
function packExtended(out: Writer, before: Uint8Array, after: Uint8Array): void {
  const differs = (at: number) => at < before.length && after[at] !== before[at] && !isOfProcessor(at);
  for (let at = 0; at < before.length; at++) {
    if (!differs(at)) continue;
    let end = at + 1;
    while (differs(end) && end - at < LONGEST_RUN) end++;
    out.fixed(at, 2);
    out.fixed(end - at, 1);
    for (; at < end; at++) out.fixed(after[at]!, 1);
    at--;
  }
  out.fixed(END_OF_RUNS, 2);
}

function unpackExtended(from: Reader, before: Uint8Array | undefined): Uint8Array | undefined {
  if (before === undefined) return undefined;
  const bytes = before.slice();
  for (let at = from.small(2); at !== END_OF_RUNS; at = from.small(2)) {
    for (let left = from.small(1); left > 0; left--) bytes[at++] = from.small(1);
  }
  return bytes;
}

function packSegments(out: Writer, segments: NativeSegments): void {
  for (const selector of segments.selectors) out.fixed(selector, 2);
  for (const base of segments.bases) out.fixed(base, 8);
}

function unpackSegments(from: Reader): NativeSegments {
  const selectors = Array.from({ length: 6 }, () => from.small(2));
  return { selectors, bases: [from.fixed(8), from.fixed(8)] };
}

function packResult(out: Writer, item: JudgedCase, result: NativeResult): void {
  let mask = 0;
  result.gpr.forEach((value, n) => {
    if (value !== item.gpr[n]) mask |= 1 << n;
  });
  out.fixed(mask, 2);
  for (let n = 0; n < 16; n++)
    if ((mask >> n) & 1)
      out.short((result.gpr[n]! ^ item.gpr[n]!) & (item.mode32 ? 0xffffffffn : 0xffffffff_ffffffffn));
  out.fixed(result.rflags & comparedFlags(item, result.vector), 2);
  const step = result.rip - BigInt(startOf(item));
  const near = step >= 0n && step < FAR;
  out.fixed(near ? step : FAR, 1);
  if (!near) out.fixed(result.rip, 8);
  out.fixed(result.vector, 1);
  if (comparesErrorCode(item, result.vector)) out.fixed(result.errorCode, result.vector === PAGE_FAULT ? 1 : 2);
  if (result.vector === PAGE_FAULT) out.fixed(result.cr2, 8);
  if (result.segments !== undefined) packSegments(out, result.segments);
  packWindow(out, item.window, result.window);
  if (item.extended !== undefined) packExtended(out, item.extended, result.extended!);
}

function unpackResult(from: Reader, item: JudgedCase): NativeResult {
  const gpr = item.gpr.slice();
  const mask = from.small(2);
  for (let n = 0; n < 16; n++) if ((mask >> n) & 1) gpr[n]! ^= from.short();
  const rflags = from.small(2);
  const step = from.small(1);
  const rip = step === FAR ? from.fixed(8) : BigInt(startOf(item) + step);
  const vector = from.small(1);
  const errorCode = comparesErrorCode(item, vector) ? from.small(vector === PAGE_FAULT ? 1 : 2) : 0;
  const cr2 = vector === PAGE_FAULT ? from.fixed(8) : 0n;
  const segments = item.segments === undefined ? undefined : unpackSegments(from);
  const window = item.window.slice();
  for (let left = from.small(1); left > 0; left--) {
    const at = from.small(1);
    window[at] = from.small(1);
  }
  const extended = unpackExtended(from, item.extended);
  return { gpr, rip, rflags, vector, errorCode, cr2, segments, window, extended };
}

/** Packs the results of the cases, in their order. */
export function packVectors(cases: readonly JudgedCase[], results: readonly NativeResult[]): Uint8Array {
  const out = new Writer();
  out.fixed(fingerprintOf(cases), 4);
  cases.forEach((item, n) => {
    packResult(out, item, results[n]!);
  });
  return deflateRawSync(Uint8Array.from(out.bytes), { level: 9 });
}

/** Results of the cases from a recording of just these cases. */
export function unpackVectors(packed: Uint8Array, cases: readonly JudgedCase[]): NativeResult[] {
  const from = new Reader(inflateRawSync(packed));
  if (from.small(4) !== fingerprintOf(cases))
    throw new Error("the vectors were recorded from other cases: run packages/cpu/scripts/record-native.ts");
  return cases.map((item) => unpackResult(from, item));
}
