import { ARITHMETIC, DF, type JudgedCase } from "./form.ts";
import { type NativeResult, NO_EXCEPTION } from "./native-case.ts";

const NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");

/** Flags that must agree: those the SDM defines, and after a fault all of them. */
export function comparedFlags(item: JudgedCase, vector: number): number {
  const all = ARITHMETIC | DF;
  const divideError = vector === 0;
  return vector === NO_EXCEPTION || divideError ? all & ~item.undefinedFlags : all;
}

function hex(value: bigint | number): string {
  return value.toString(16);
}

/** What differs between the results, as text; undefined when nothing does. */
export function difference(item: JudgedCase, native: NativeResult, ours: NativeResult): string | undefined {
  const found: string[] = [];
  const check = (what: string, expected: bigint | number, actual: bigint | number) => {
    if (expected !== actual) found.push(`${what} ${hex(actual)}, not ${hex(expected)}`);
  };
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
  return found.length === 0 ? undefined : found.join("; ");
}

/** The case and its difference, for people. */
export function describeDifference(item: JudgedCase, text: string): string {
  const bytes = item.bytes.map((b) => b.toString(16).padStart(2, "0")).join(" ");
  const registers = NAMES.map((name, n) => `${name}=${hex(item.gpr[n]!)}`).join(" ");
  return `${item.form} [${bytes}]: ${text}\n    before: rflags=${hex(item.rflags)} ${registers}`;
}
