import { decode } from "./decoder.ts";
import type { CodeBits, Instruction, MemoryOperand, Operand, RegisterOperand } from "./instruction.ts";

const WORDS = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const LOW_BYTES = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"];
const HIGH_BYTES = ["ah", "ch", "dh", "bh"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"];
const NUMBERED_SUFFIXES: Readonly<Record<number, string>> = { 8: "b", 16: "w", 32: "d", 64: "" };
const SIZES: Readonly<Record<number, string>> = { 8: "byte", 16: "word", 32: "dword", 64: "qword" };
/** Where the decoder has a name of its own. */
const NAMES: Readonly<Record<string, string>> = { jmpf: "jmp far", callf: "call far", mpx: "nop" };
const DS = 3;
const SS = 2;
const RSP = 4;
const RBP = 5;

/** An instruction in Intel's syntax, and how many bytes it has. */
export interface InstructionText {
  readonly text: string;
  readonly length: number;
}

/**
 * The first instruction of these bytes, for people; null where they are none. Branch targets are absolute.
 * @param address of the first byte
 */
export function disassemble(bytes: Uint8Array, bits: CodeBits, address: bigint): InstructionText | null {
  const result = decode(bytes, 0, bytes.length, bits);
  if (result.kind !== "instruction") return null;
  const { instruction } = result;
  const next = BigInt.asUintN(bits, address + BigInt(instruction.length));
  return { text: textOf(instruction, bits, next), length: instruction.length };
}

function textOf(instruction: Instruction, bits: CodeBits, next: bigint): string {
  const { mnemonic, lock, repeat, operands } = instruction;
  const prefix = `${lock ? "lock " : ""}${repeat === "none" || !isString(mnemonic) ? "" : `${repeat} `}`;
  const needsSize = !operands.some(({ kind }) => kind === "register");
  const words = operands.map((operand) => operandText(operand, { bits, next, needsSize, instruction }));
  return `${prefix}${nameOf(instruction)}${words.length === 0 ? "" : ` ${words.join(", ")}`}`;
}

function nameOf({ mnemonic, addressSize }: Instruction): string {
  if (mnemonic === "jcxz" && addressSize > 16) return addressSize === 64 ? "jrcxz" : "jecxz";
  return NAMES[mnemonic] ?? mnemonic;
}

function isString(mnemonic: string): boolean {
  return /^(?:movs|cmps|scas|lods|stos|ins|outs)[bwdq]$/.test(mnemonic);
}

interface Place {
  readonly bits: CodeBits;
  readonly next: bigint;
  /** Nothing else says how long the memory operand is. */
  readonly needsSize: boolean;
  readonly instruction: Instruction;
}

function operandText(operand: Operand, place: Place): string {
  switch (operand.kind) {
    case "register":
      return registerText(operand);
    case "memory":
      return memoryText(operand, place);
    case "immediate":
      return immediateText(operand, place.instruction.operandSize);
    case "relative":
      return hex(BigInt.asUintN(place.bits, place.next + BigInt(operand.disp)));
    case "far":
      return `${hex(operand.selector)}:${hex(operand.offset >>> 0)}`;
  }
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function immediateText({ lo, hi, size }: { lo: number; hi: number; size: number }, operandSize: number): string {
  const whole = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  return hex(BigInt.asUintN(Math.max(size, operandSize), whole));
}

function registerText({ class: registerClass, index, size, high8 }: RegisterOperand): string {
  if (registerClass === "gpr") return high8 ? (HIGH_BYTES[index] ?? "") : generalName(index, size);
  if (registerClass === "segment") return SEGMENTS[index] ?? "";
  const bank = { control: "cr", debug: "dr", mask: "k", tile: "tmm", mmx: "mm", xmm: "xmm", ymm: "ymm", zmm: "zmm" };
  return registerClass === "x87" ? `st${index}` : `${bank[registerClass]}${index}`;
}

function generalName(index: number, size: number): string {
  if (index >= 8) return `r${index}${NUMBERED_SUFFIXES[size] ?? ""}`;
  if (size === 8) return LOW_BYTES[index] ?? "";
  return `${size === 64 ? "r" : size === 32 ? "e" : ""}${WORDS[index]}`;
}

function memoryText(operand: MemoryOperand, { bits, next, needsSize, instruction }: Place): string {
  const size = needsSize ? SIZES[operand.size] : undefined;
  const usual = operand.base === RSP || operand.base === RBP ? SS : DS;
  const segment = operand.segment === usual ? "" : `${SEGMENTS[operand.segment]}:`;
  const address = addressText(operand, { bits, next, addressSize: instruction.addressSize });
  return `${size === undefined ? "" : `${size} `}[${segment}${address}]`;
}

function addressText(
  { base, index, scale, disp, dispHigh, ripRelative }: MemoryOperand,
  { bits, next, addressSize }: { bits: CodeBits; next: bigint; addressSize: number },
): string {
  if (ripRelative) return `rip → ${hex(BigInt.asUintN(bits, next + BigInt(disp)))}`;
  const parts = [
    base < 0 ? null : generalName(base, addressSize),
    index < 0 ? null : `${generalName(index, addressSize)}${scale === 1 ? "" : `*${scale}`}`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return hex(BigInt.asUintN(addressSize, (BigInt(dispHigh) << 32n) | BigInt(disp >>> 0)));
  const sum = parts.join("+");
  return disp === 0 ? sum : `${sum}${disp < 0 ? "-" : "+"}${hex(Math.abs(disp))}`;
}
