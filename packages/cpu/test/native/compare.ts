import * as X from "./extended-image.ts";
import { ARITHMETIC, DF, type JudgedCase } from "./form.ts";
import { type NativeResult, NO_EXCEPTION } from "./native-case.ts";

const NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const STATUS_SUMMARY = 0x80;

const SEGMENT_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];

type Check = (what: string, expected: bigint | number, actual: bigint | number) => void;

/** Flags that must agree: those the SDM defines, and after a fault all of them. */
export function comparedFlags(item: JudgedCase, vector: number): number {
  const all = ARITHMETIC | DF;
  const divideError = vector === 0;
  return vector === NO_EXCEPTION || divideError ? all & ~item.undefinedFlags : all;
}

function hex(value: bigint | number): string {
  return value.toString(16);
}

/** Little-endian bytes as one number. */
function numberAt(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let n = count - 1; n >= 0; n--) value = (value << 8n) | BigInt(bytes[at + n]!);
  return value;
}

function compareExtended(item: JudgedCase, native: Uint8Array, ours: Uint8Array, check: Check): void {
  const field = (what: string, at: number, bytes: number, mask = -1n) =>
    check(what, numberAt(native, at, bytes) & mask, numberAt(ours, at, bytes) & mask);
  field("control word", X.CONTROL_WORD, 2);
  field("status word", X.STATUS_WORD, 2, BigInt(0xffff & ~item.undefinedStatus));
  field("tags", X.TAGS, 1);
  // AMD's processors save the pointers only while an exception is pending (APM 2 "FXSAVE and FXRSTOR Instructions").
  if ((native[X.STATUS_WORD]! & STATUS_SUMMARY) !== 0) {
    field("opcode", X.OPCODE, 2);
    field("instruction pointer", X.INSTRUCTION_POINTER, 8);
    field("data pointer", X.DATA_POINTER, 8);
  }
  field("mxcsr", X.MXCSR, 4);
  for (let n = 0; n < 8; n++) field(`st${n}`, X.STACK + n * 16, 10);
  for (let n = 0; n < 16; n++) {
    field(`xmm${n}`, X.vectorOffset(n, 0), 16);
    field(`ymm${n} upper half`, X.vectorOffset(n, 1), 16);
  }
}

function compareAll(item: JudgedCase, native: NativeResult, ours: NativeResult, check: Check): void {
  check("vector", native.vector, ours.vector);
  check("error code", native.errorCode, ours.errorCode);
  check("cr2", native.cr2, ours.cr2);
  check("rip", native.rip, ours.rip);
  const registerMask = item.mode32 ? 0xffffffffn : 0xffffffff_ffffffffn;
  NAMES.forEach((name, n) => {
    check(name, native.gpr[n]! & registerMask, ours.gpr[n]! & registerMask);
  });
  const flags = comparedFlags(item, native.vector);
  check("rflags", native.rflags & flags, ours.rflags & flags);
  native.window.forEach((byte, n) => {
    check(`byte ${n}`, byte, ours.window[n]!);
  });
  native.segments?.selectors.forEach((selector, n) => {
    check(SEGMENT_NAMES[n]!, selector, ours.segments!.selectors[n]!);
  });
  native.segments?.bases.forEach((base, n) => {
    check(`${SEGMENT_NAMES[n + 4]!} base`, base, ours.segments!.bases[n]!);
  });
  if (native.extended !== undefined) compareExtended(item, native.extended, ours.extended!, check);
}

/** What differs between the results, as text; undefined when nothing does. */
export function difference(item: JudgedCase, native: NativeResult, ours: NativeResult): string | undefined {
  const found: string[] = [];
  const expected = item.declared.reduce((result, declared) => declared.expect(result, ours, item), native);
  compareAll(item, expected, ours, (what, want, have) => {
    if (want !== have) found.push(`${what} ${hex(have)}, not ${hex(want)}`);
  });
  return found.length === 0 ? undefined : found.join("; ");
}

function describeExtended(bytes: Uint8Array): string {
  const at = (offset: number, count: number) => hex(numberAt(bytes, offset, count));
  const stack = Array.from({ length: 8 }, (_, n) => at(X.STACK + n * 16, 10)).join(" ");
  const vectors = Array.from(
    { length: 16 },
    (_, n) => `${at(X.vectorOffset(n, 1), 16)}_${at(X.vectorOffset(n, 0), 16)}`,
  );
  const words = `fcw=${at(X.CONTROL_WORD, 2)} fsw=${at(X.STATUS_WORD, 2)} tags=${at(X.TAGS, 1)} mxcsr=${at(X.MXCSR, 4)}`;
  return `\n    ${words} st=${stack}\n    ymm=${vectors.join(" ")}`;
}

/** The case and its difference, for people. */
export function describeDifference(item: JudgedCase, text: string): string {
  const bytes = item.bytes.map((b) => b.toString(16).padStart(2, "0")).join(" ");
  const registers = NAMES.map((name, n) => `${name}=${hex(item.gpr[n]!)}`).join(" ");
  const extended = item.extended === undefined ? "" : describeExtended(item.extended);
  const window = item.extended === undefined ? "" : `\n    window=${Buffer.from(item.window).toString("hex")}`;
  return `${item.form} [${bytes}]: ${text}\n    before: rflags=${hex(item.rflags)} ${registers}${extended}${window}`;
}
