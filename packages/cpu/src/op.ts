import type { Instruction } from "./decode/instruction.ts";
import type { Processor } from "./processor.ts";

/** The instruction is complete; the next one in the block follows. */
export const STATUS_NEXT = 0;
/** The instruction is complete and has set RIP, or something a block depends on: look again from the outer loop. */
export const STATUS_RETIRED = 1;
/** The instruction did not complete: a fault is pending or a VM exit was made. */
export const STATUS_ABORTED = 2;

/** How an instruction runs. Returns a status. */
export type Executor = (c: Processor, i: Op) => number;

/**
 * One instruction of a decoded block, with operands resolved to what executors need: word offsets into the state, constants and
 * linear addresses. All fields are always present, so that every executor sees one object shape.
 */
export interface Op {
  readonly run: Executor;
  readonly instruction: Instruction;
  /** Word offset in the state of the first and second register operand (low half); for AH … BH of the full register. */
  readonly r0: number;
  readonly r1: number;
  readonly r2: number;
  /** Memory operand: word offsets of base and index, log2 of the scale, displacement halves, word offset of the segment's base. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly dispLow: number;
  readonly dispHigh: number;
  /** Segment register number 0-5. */
  readonly segment: number;
  /** Immediate halves. */
  readonly immLow: number;
  readonly immHigh: number;
  /** This instruction's RIP, the next one's, and a relative branch's target. */
  readonly ripLow: number;
  readonly ripHigh: number;
  readonly nextLow: number;
  readonly nextHigh: number;
  readonly targetLow: number;
  readonly targetHigh: number;
  /** Position in its block: instructions of the block before this one. */
  readonly position: number;
}
