/** Where the harness (`harness.c`) and the simulated machine put code and data. */
export const CODE = 0x10000800;
export const DATA_PAGE = 0x20000000;
/** The last writable byte lies before this page, which can only be read; behind it is nothing. */
export const READ_ONLY_PAGE = 0x20003000;
export const UNMAPPED_PAGE = 0x20004000;
/** The bytes that a case sets and compares; they straddle a page boundary. */
export const WINDOW = 0x20000fc0;
export const WINDOW_BYTES = 128;
export const GS_BASE = 0x20000000;
export const CODE_BYTES = 64;
/** What stands behind the instructions of a case: HLT, which is never reached but ends a decoded block. */
export const FILLER = 0xf4;
/** `NativeResult.vector` when nothing was raised. */
export const NO_EXCEPTION = 255;

/**
 * Extended state as cases carry it: bytes 0-415 of the FXSAVE image (x87, MXCSR, XMM registers), then the upper halves of the YMM
 * registers.
 */
export const EXTENDED_BYTES = 672;

/** Where the data pages appear once more for addresses of 16 bits. */
export const LOW_PAGE = 0x8000;
/** The code segment of 16-bit cases begins here. */
export const CODE_PAGE = 0x10000000;

/** RIP of the first instruction of a case. */
export function startOf(item: NativeCase): number {
  return item.code16 === true ? CODE - CODE_PAGE : CODE;
}

/** Selectors in the order ES CS SS DS FS GS, of which a case sets all but CS and SS; bases of FS and GS, at first `DATA_PAGE`. */
export interface NativeSegments {
  readonly selectors: readonly number[];
  readonly bases: readonly bigint[];
}

const REQUEST_BYTES = 16 + CODE_BYTES + 16 * 8 + 8 + WINDOW_BYTES;
const SEGMENTS_BYTES = 8;
const RESULT_BYTES = 16 * 8 + 8 + 8 + 8 + 8 + 16 + 16 + WINDOW_BYTES;

/** State before one or a few instructions. */
export interface NativeCase {
  readonly bytes: readonly number[];
  /** Instructions to execute. */
  readonly steps: number;
  /** The one instruction is a repeated string instruction, which traps after each iteration. */
  readonly repeats: boolean;
  /** Runs in compatibility mode with 32-bit code and stack; only the low halves of registers count. */
  readonly mode32: boolean;
  /** With `mode32`: the code segment is a 16-bit one. */
  readonly code16?: boolean | undefined;
  /** Segment registers to load and compare; without them they are flat or null. */
  readonly segments?: NativeSegments | undefined;
  readonly gpr: BigUint64Array;
  readonly rflags: number;
  readonly window: Uint8Array;
  /** Extended state to load and compare; without it the instruction sees the initial one. */
  readonly extended?: Uint8Array | undefined;
}

/** State behind them. */
export interface NativeResult {
  readonly gpr: BigUint64Array;
  readonly rip: bigint;
  readonly rflags: number;
  /** Exception vector, or `NO_EXCEPTION`. */
  readonly vector: number;
  /** Error code of an exception that has one, and address of a page fault, else 0. */
  readonly errorCode: number;
  readonly cr2: bigint;
  readonly segments?: NativeSegments | undefined;
  readonly window: Uint8Array;
  readonly extended?: Uint8Array | undefined;
}

function writeRequest(bytes: Uint8Array, view: DataView, at: number, item: NativeCase, extended: number): void {
  view.setUint32(at, item.steps, true);
  view.setInt32(at + 4, extended, true);
  view.setUint16(at + 8, item.repeats ? 1 : 0, true);
  view.setUint16(at + 10, item.segments === undefined ? 0 : 1, true);
  view.setUint32(at + 12, item.code16 === true ? 2 : item.mode32 ? 1 : 0, true);
  bytes.fill(FILLER, at + 16, at + 16 + CODE_BYTES);
  bytes.set(item.bytes, at + 16);
  const registers = at + 16 + CODE_BYTES;
  for (let n = 0; n < 16; n++) view.setBigUint64(registers + n * 8, item.gpr[n]!, true);
  view.setBigUint64(registers + 128, BigInt(item.rflags), true);
  bytes.set(item.window, registers + 136);
}

/** The batch as `harness.c` reads it. */
export function encodeRequests(cases: readonly NativeCase[]): Uint8Array {
  const states = cases.flatMap((item) => (item.extended === undefined ? [] : [item.extended]));
  const statesAt = 8 + cases.length * REQUEST_BYTES;
  const segments = cases.flatMap((item) => (item.segments === undefined ? [] : [item.segments.selectors]));
  const segmentsAt = statesAt + states.length * EXTENDED_BYTES;
  const bytes = new Uint8Array(segmentsAt + segments.length * SEGMENTS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, cases.length, true);
  view.setUint32(4, states.length, true);
  let next = 0;
  cases.forEach((item, n) => {
    writeRequest(bytes, view, 8 + n * REQUEST_BYTES, item, item.extended === undefined ? -1 : next++);
  });
  states.forEach((state, n) => {
    bytes.set(state, statesAt + n * EXTENDED_BYTES);
  });
  segments.forEach(([es, , , ds, fs, gs], n) => {
    [ds!, es!, fs!, gs!].forEach((selector, k) => {
      view.setUint16(segmentsAt + n * SEGMENTS_BYTES + k * 2, selector, true);
    });
  });
  return bytes;
}

export const PAGE_FAULT = 14;
/** #TS, #NP, #SS, #GP. */
const WITH_SELECTOR = new Set([10, 11, 12, 13]);

/** Whether the error code of an exception is compared: of a page fault, and of what names a selector where segments are the point. */
export function comparesErrorCode(item: NativeCase, vector: number): boolean {
  return vector === PAGE_FAULT || (item.segments !== undefined && WITH_SELECTOR.has(vector));
}

/** A null selector as it is seen after the kernel's return to a program, which clears its RPL (SDM 2 "IRET"). */
export function shownSelector(selector: number): number {
  return selector < 4 ? 0 : selector;
}

function readSegments(view: DataView, at: number): NativeSegments {
  return {
    selectors: Array.from({ length: 6 }, (_, n) => shownSelector(view.getUint16(at + n * 2, true))),
    bases: [view.getBigUint64(at + 16, true), view.getBigUint64(at + 24, true)],
  };
}

function readResult(bytes: Uint8Array, view: DataView, at: number, item: NativeCase): NativeResult {
  const gpr = new BigUint64Array(16);
  for (let n = 0; n < 16; n++) gpr[n] = view.getBigUint64(at + n * 8, true);
  const vector = view.getUint32(at + 144, true);
  return {
    gpr,
    rip: view.getBigUint64(at + 128, true),
    rflags: Number(view.getBigUint64(at + 136, true)),
    vector,
    errorCode: comparesErrorCode(item, vector) ? view.getUint32(at + 148, true) : 0,
    cr2: vector === PAGE_FAULT ? view.getBigUint64(at + 152, true) : 0n,
    segments: item.segments === undefined ? undefined : readSegments(view, at + 160),
    window: bytes.slice(at + 192, at + 192 + WINDOW_BYTES),
  };
}

/** What `harness.c` answered to a batch. */
export function decodeResults(bytes: Uint8Array, cases: readonly NativeCase[]): NativeResult[] {
  let next = cases.length * RESULT_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const results = cases.map((item, n) => {
    const result = readResult(bytes, view, n * RESULT_BYTES, item);
    if (item.extended === undefined) return result;
    next += EXTENDED_BYTES;
    return { ...result, extended: bytes.slice(next - EXTENDED_BYTES, next) };
  });
  if (bytes.length !== next) throw new Error(`the harness returned ${bytes.length} bytes`);
  return results;
}
