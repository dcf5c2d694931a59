import { msrWord, type Processor, STATE } from "@hvdiff/cpu";
import { x87TagWord } from "./x87-tags.ts";

/** A register as a debugger sees it. */
export interface DebugRegister {
  readonly name: string;
  readonly bits: 32 | 64 | 80 | 128;
  readonly group: "general" | "segment" | "x87" | "sse" | "base" | "system";
  read(c: Processor): bigint;
  /** Absent where a debugger may not write. */
  readonly write?: (c: Processor, value: bigint) => void;
}

const IA32_KERNEL_GS_BASE = 0xc000_0102;
const X87_WORD = STATE.X87_STATE;
const STACK_WORD = X87_WORD + 8;
const GENERAL = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"];
const GENERAL_NUMBERS = [0, 3, 1, 2, 6, 7, 5, 4];

function segmentWord(segment: number, part: number): number {
  return STATE.SEGMENTS + segment * STATE.SEGMENT_STRIDE + part;
}

/** A register that is two words of the state. */
function pair(name: string, word: number, group: DebugRegister["group"]): DebugRegister {
  return { name, bits: 64, group, read: (c) => c.get64(word), write: (c, value) => c.set64(word, value) };
}

/** Bits of a control register that the level which runs cannot own are read from the shadow, as its own MOV would. */
function shadowed(c: Processor, word: number, mask: number, shadow: number): bigint {
  return BigInt(((c.s[word]! & ~c.s[mask]!) | (c.s[shadow]! & c.s[mask]!)) >>> 0);
}

function general(name: string, number: number): DebugRegister {
  return pair(name, STATE.GPR + number * 2, "general");
}

function selector(name: string, segment: number): DebugRegister {
  const word = segmentWord(segment, STATE.SEGMENT_SELECTOR);
  return { name, bits: 32, group: "segment", read: (c) => BigInt(c.s[word]! & 0xffff) };
}

function readOnly(
  name: string,
  bits: 32 | 64,
  group: DebugRegister["group"],
  read: DebugRegister["read"],
): DebugRegister {
  return { name, bits, group, read };
}

/** `count` words of the state, lowest first, as one number. */
function words(c: Processor, word: number, count: number): bigint {
  let value = 0n;
  for (let at = count - 1; at >= 0; at--) value = (value << 32n) | BigInt(c.s[word + at]! >>> 0);
  return value;
}

function x87Stack(number: number): DebugRegister {
  const word = STACK_WORD + number * 4;
  return { name: `st${number}`, bits: 80, group: "x87", read: (c) => BigInt.asUintN(80, words(c, word, 3)) };
}

/** Sixteen bits of the FXSAVE image. */
function x87Half(name: string, byte: number): DebugRegister {
  const word = X87_WORD + (byte >> 2);
  const shift = (byte & 2) * 8;
  return readOnly(name, 32, "x87", (c) => BigInt((c.s[word]! >>> shift) & 0xffff));
}

function x87Word(name: string, byte: number): DebugRegister {
  return readOnly(name, 32, "x87", (c) => BigInt(c.s[X87_WORD + byte / 4]! >>> 0));
}

function xmm(number: number): DebugRegister {
  const word = STATE.VECTOR_REGISTERS + number * 16;
  return {
    name: `xmm${number}`,
    bits: 128,
    group: "sse",
    read: (c) => words(c, word, 4),
    write: (c, value) => {
      c.set64(word, value);
      c.set64(word + 2, value >> 64n);
    },
  };
}

/** Every register, group by group, in the order of GDB's own descriptions. */
export const DEBUG_REGISTERS: readonly DebugRegister[] = [
  ...GENERAL.map((name, at) => general(name, GENERAL_NUMBERS[at]!)),
  ...Array.from({ length: 8 }, (_, n) => general(`r${n + 8}`, n + 8)),
  pair("rip", STATE.RIP, "general"),
  {
    name: "eflags",
    bits: 32,
    group: "general",
    read: (c) => c.rflags & 0xffffffffn,
    write: (c, value) => {
      c.rflags = value;
      c.translationChanged();
    },
  },
  selector("cs", STATE.CS),
  selector("ss", STATE.SS),
  selector("ds", STATE.DS),
  selector("es", STATE.ES),
  selector("fs", STATE.FS),
  selector("gs", STATE.GS),
  ...Array.from({ length: 8 }, (_, n) => x87Stack(n)),
  x87Half("fctrl", 0),
  x87Half("fstat", 2),
  readOnly("ftag", 32, "x87", (c) => BigInt(x87TagWord(c))),
  x87Half("fiseg", 12),
  x87Word("fioff", 8),
  x87Half("foseg", 20),
  x87Word("fooff", 16),
  x87Half("fop", 6),
  ...Array.from({ length: 16 }, (_, n) => xmm(n)),
  {
    name: "mxcsr",
    bits: 32,
    group: "sse",
    read: (c) => BigInt(c.s[X87_WORD + 6]! >>> 0),
    write: (c, value) => {
      c.s[X87_WORD + 6] = Number(BigInt.asIntN(32, value)) & 0xffff;
    },
  },
  pair("fs_base", segmentWord(STATE.FS, STATE.SEGMENT_BASE), "base"),
  pair("gs_base", segmentWord(STATE.GS, STATE.SEGMENT_BASE), "base"),
  pair("k_gs_base", msrWord(IA32_KERNEL_GS_BASE)!, "system"),
  readOnly("cr0", 64, "system", (c) => shadowed(c, STATE.CR0, STATE.CR0_MASK, STATE.CR0_SHADOW)),
  readOnly("cr2", 64, "system", (c) => c.get64(STATE.CR2)),
  readOnly("cr3", 64, "system", (c) => c.get64(STATE.CR3)),
  readOnly("cr4", 64, "system", (c) => shadowed(c, STATE.CR4, STATE.CR4_MASK, STATE.CR4_SHADOW)),
  readOnly("cr8", 64, "system", (c) => BigInt(c.s[STATE.CR8]! & 15)),
  readOnly("efer", 64, "system", (c) => BigInt(c.s[STATE.EFER]! >>> 0)),
];
