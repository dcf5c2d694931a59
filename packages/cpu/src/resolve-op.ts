import { compileShape } from "./builder/js-builder.ts";
import { shapeOf } from "./builder/shape.ts";
import type { Instruction, MemoryOperand, Operand } from "./decode/instruction.ts";
import { type Executor, type Op, STATUS_ABORTED } from "./op.ts";
import { SEMANTICS } from "./semantics/index.ts";
import { VECTOR_INSTRUCTIONS } from "./simd/index.ts";
import { DS, GPR, SS, ZERO } from "./state-layout.ts";
import { SYSTEM_INSTRUCTIONS } from "./system/system-instructions.ts";

/** Where an instruction lies and in which mode. */
export interface Placement {
  readonly ripLow: number;
  readonly ripHigh: number;
  readonly codeBits: 16 | 32 | 64;
  readonly stack32: boolean;
  readonly position: number;
}

const STACK_MNEMONICS = new Set([
  "push",
  "pop",
  "call",
  "ret",
  "leave",
  "enter",
  "iret",
  "retf",
  "callf",
  "pusha",
  "popa",
  "pushf",
  "popf",
]);

/** The instruction is real but has no executor: the run stops and names it. */
const unimplemented: Executor = (c, i) => {
  const { mnemonic, vectorPrefix, bytes } = i.instruction;
  const encoding = vectorPrefix === "evex" || vectorPrefix === "xop" ? ` (${vectorPrefix.toUpperCase()})` : "";
  c.stopUnimplemented(`${mnemonic}${encoding}`, bytes);
  return STATUS_ABORTED;
};

function isGeneral(operand: Operand): boolean {
  return operand.kind !== "register" || operand.class === "gpr";
}

/**
 * How an instruction is executed; undefined where it is not simulated. Builder semantics cover the general-purpose forms of a mnemonic;
 * forms with segment or control registers are system instructions, and vector instructions have compilers of their own.
 */
export function findExecutor(instruction: Instruction, place: Placement): Executor | undefined {
  // The executors know the mnemonics of these as other encodings.
  if (instruction.vectorPrefix === "evex" || instruction.vectorPrefix === "xop") return undefined;
  const semantics = instruction.operands.every(isGeneral) ? SEMANTICS.get(instruction.mnemonic) : undefined;
  if (semantics !== undefined) return compileShape(shapeOf(instruction, place.codeBits, place.stack32), semantics);
  return VECTOR_INSTRUCTIONS[instruction.mnemonic]?.(instruction) ?? SYSTEM_INSTRUCTIONS[instruction.mnemonic];
}

function addHalves(low: number, high: number, step: number): { low: number; high: number } {
  const sum = (low >>> 0) + step;
  const carry = Math.floor(sum / 4294967296);
  return { low: sum | 0, high: (high + carry) | 0 };
}

/** Resolves a decoded instruction at its place into what executors use. */
export function resolveOp(instruction: Instruction, place: Placement): Op {
  const registers = instruction.operands.filter((o) => o.kind === "register").map((o) => GPR + o.index * 2);
  const memory = instruction.operands.find((o): o is MemoryOperand => o.kind === "memory");
  const immediate = instruction.operands.find((o) => o.kind === "immediate");
  const relative = instruction.operands.find((o) => o.kind === "relative");
  const next = wrapRip(addHalves(place.ripLow, place.ripHigh, instruction.length), place.codeBits);
  const branch = wrapRip(addHalves(next.low, next.high, relative?.disp ?? 0), place.codeBits);
  return {
    run: findExecutor(instruction, place) ?? unimplemented,
    instruction,
    r0: registers[0] ?? ZERO,
    r1: registers[1] ?? ZERO,
    r2: registers[2] ?? ZERO,
    ...memoryFields(memory, next, STACK_MNEMONICS.has(instruction.mnemonic) ? SS : (instruction.segment ?? DS)),
    immLow: immediate?.lo ?? 0,
    immHigh: immediate?.hi ?? 0,
    ripLow: place.ripLow,
    ripHigh: place.ripHigh,
    nextLow: next.low,
    nextHigh: next.high,
    targetLow: branch.low,
    targetHigh: branch.high,
    position: place.position,
  };
}

/** Outside 64-bit mode RIP has 32 bits. */
function wrapRip(rip: { low: number; high: number }, codeBits: 16 | 32 | 64): { low: number; high: number } {
  return codeBits === 64 ? rip : { low: rip.low, high: 0 };
}

function memoryFields(memory: MemoryOperand | undefined, next: { low: number; high: number }, implicit: number) {
  if (memory === undefined) return { base: ZERO, index: ZERO, scale: 0, dispLow: 0, dispHigh: 0, segment: implicit };
  const absolute = memory.ripRelative
    ? addHalves(next.low, next.high, memory.disp)
    : { low: memory.disp | 0, high: memory.dispHigh };
  return {
    base: memory.base >= 0 ? GPR + memory.base * 2 : ZERO,
    index: memory.index >= 0 ? GPR + memory.index * 2 : ZERO,
    scale: Math.log2(memory.scale),
    dispLow: absolute.low,
    dispHigh: absolute.high,
    segment: memory.segment,
  };
}
