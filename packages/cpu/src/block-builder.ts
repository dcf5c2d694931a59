import { Block } from "./block.ts";
import { decode } from "./decode/decoder.ts";
import type { DecodeFailure, DecodeResult, Instruction } from "./decode/instruction.ts";
import { fetchAddress } from "./fetch-address.ts";
import { readBy } from "./instruction-features.ts";
import { ADDRESS_FAULT } from "./mmu.ts";
import type { CpuModel } from "./models/model.ts";
import { type Executor, type Op, STATUS_ABORTED } from "./op.ts";
import { FAULT_STOP, type Processor } from "./processor.ts";
import { type Placement, resolveOp } from "./resolve-op.ts";
import { GP, inParagraphMode } from "./system/exceptions.ts";

const MAX_OPS = 64;
/** The architectural limit on the length of an instruction. */
export const MAX_LENGTH = 15;

/** Instructions that end a block: they may set RIP or change what the next bytes mean. */
const BRANCH =
  /^(j[a-z]{1,3}|jcxz|jmp|jmpf|call|callf|ret|retf|iret|loop|loope|loopne|int|int1|int3|into|hlt|syscall|sysret|sysenter|sysexit|vm(call|clear|func|launch|load|mcall|ptrld|ptrst|read|resume|run|save|write|xoff|xon)|ud[0-2]|rsm|cli|sti|popf|swapgs|wrmsr|xsetbv|clts|lmsw|invlpg|invpcid|invept|invvpid|stac|clac|in|out|ins[bwd]|outs[bwd]|l[gi]dt|ltr|lldt)$/;

/** Code segment width and stack width of the running code, as decoding needs them. */
export interface CodeMode {
  readonly bits: 16 | 32 | 64;
  readonly stack32: boolean;
  readonly number: number;
}

/** The eight modes that blocks tell apart: code width x stack width. */
export const CODE_MODES: readonly CodeMode[] = ([16, 32, 64] as const).flatMap((bits, at) => [
  { bits, stack32: false, number: at * 2 },
  { bits, stack32: true, number: at * 2 + 1 },
]);

const undefinedOpcode: Executor = (c) => {
  c.raise(6);
  return STATUS_ABORTED;
};
const tooLong: Executor = (c) => {
  c.raise(13, 0);
  return STATUS_ABORTED;
};

function failingInstruction(bytes: Uint8Array, mnemonic: string): Instruction {
  return {
    mnemonic,
    length: 1,
    operandSize: 32,
    addressSize: 32,
    lock: false,
    repeat: "none",
    operands: [],
    modrmReg: -1,
    bytes,
  };
}

const gates = new Map<number, Op>();

/** A pseudo-instruction at a gate: the run stops before it, and nothing is retired. */
function gateOp(at: number, place: Placement): Op {
  const known = gates.get(at) ?? newGate(at, place);
  gates.set(at, known);
  return known;
}

function newGate(at: number, place: Placement): Op {
  const run: Executor = (c) => {
    c.stop = { kind: "gate", at };
    c.fault = FAULT_STOP;
    return STATUS_ABORTED;
  };
  return { ...resolveOp(failingInstruction(new Uint8Array(1), "gate"), place), run };
}

/** A pseudo-instruction that raises what undecodable bytes raise. */
function failureOp(failure: DecodeFailure, bytes: Uint8Array, place: Placement): Op {
  const op = resolveOp(failingInstruction(bytes, failure.kind), place);
  return { ...op, run: failure.kind === "undefined" ? undefinedOpcode : tooLong };
}

const UNDEFINED: DecodeFailure = { kind: "undefined" };

/** What bytes mean to a processor model: instructions whose feature it lacks are undefined there. */
function decodeFor(
  model: CpuModel,
  bytes: Uint8Array,
  offset: number,
  available: number,
  place: Placement,
): DecodeResult {
  const result = decode(bytes, offset, available, place.codeBits);
  if (result.kind !== "instruction") return result;
  const instruction = readBy(model, result.instruction, place.codeBits);
  return instruction === undefined ? UNDEFINED : { kind: "instruction", instruction };
}

/** Vector prefixes are not recognized in real-address and virtual-8086 mode (SDM 2A "Vector Extension (VEX)"). */
function outsideParagraphMode(op: Op): Op {
  return { ...op, run: (c, i) => (inParagraphMode(c) ? undefinedOpcode(c, i) : op.run(c, i)) };
}

function operationOf(instruction: Instruction, place: Placement): Op {
  const op = resolveOp(instruction, place);
  return instruction.vectorPrefix !== undefined && place.codeBits !== 64 ? outsideParagraphMode(op) : op;
}

/** Where a block starts: linear address (for instructions that cross into the next page) and RIP. */
export interface BlockStart {
  readonly linearLow: number;
  readonly linearHigh: number;
  readonly ripLow: number;
  readonly ripHigh: number;
}

function placeAt(start: BlockStart, mode: CodeMode): Placement {
  return { ripLow: start.ripLow, ripHigh: start.ripHigh, codeBits: mode.bits, stack32: mode.stack32, position: 0 };
}

/** Decodes a block that starts at buffer offset `at`. Null when a fault is pending. */
export function buildBlock(c: Processor, at: number, start: BlockStart, mode: CodeMode): Block | null {
  if (c.memory.gateFrames.has(at >>> 12)) return unkeptBlock(start, mode, gateOp(at, placeAt(start, mode)));
  const decoded = knownOps(c, at, start, mode) ?? decodeOps(c, at, start, mode);
  if (decoded.ops.length === 0) return crossPageBlock(c, at, start, mode);
  c.memory.markCode(at, decoded.bytes.length);
  const frame = at >>> 12;
  const { ripLow, ripHigh } = start;
  return new Block(
    { at, mode: mode.number, ripLow, ripHigh, frame, version: c.memory.codeVersion[frame]! },
    decoded.ops,
  );
}

/** Operations of a stretch of code and the bytes they were decoded from. */
interface DecodedOps {
  readonly ops: readonly Op[];
  readonly bytes: Uint8Array;
}

/**
 * What was decoded before, by model, RIP and mode. Operations are immutable and depend on nothing but bytes, RIP, mode and model, so machines that run
 * the same image share them; the bytes are compared at every use. A cache, not state: it can be emptied at any time.
 */
const decodedBefore = new WeakMap<CpuModel, Map<string, DecodedOps>>();
const MAX_DECODED = 1 << 14;

function decodedOn(model: CpuModel): Map<string, DecodedOps> {
  const known = decodedBefore.get(model);
  if (known !== undefined) return known;
  const made = new Map<string, DecodedOps>();
  decodedBefore.set(model, made);
  return made;
}

function keyOf(start: BlockStart, mode: CodeMode): string {
  return `${mode.number} ${start.ripHigh} ${start.ripLow}`;
}

function knownOps(c: Processor, at: number, start: BlockStart, mode: CodeMode): DecodedOps | null {
  const known = decodedOn(c.model).get(keyOf(start, mode));
  if (known === undefined || (at & 0xfff) + known.bytes.length > 4096) return null;
  for (let i = 0; i < known.bytes.length; i++) if (c.bytes[at + i] !== known.bytes[i]) return null;
  return known;
}

function decodeOps(c: Processor, at: number, start: BlockStart, mode: CodeMode): DecodedOps {
  const pageEnd = (at & ~0xfff) + 4096;
  const ops: Op[] = [];
  let offset = at;
  let place = placeAt(start, mode);
  while (ops.length < MAX_OPS && offset < pageEnd) {
    const result = decodeFor(c.model, c.bytes, offset, Math.min(MAX_LENGTH, pageEnd - offset), place);
    if (result.kind === "truncated") break;
    if (result.kind !== "instruction") {
      const end = Math.min(offset + MAX_LENGTH, pageEnd);
      ops.push(failureOp(result, c.bytes.slice(offset, end), place));
      offset = end;
      break;
    }
    const op = operationOf(result.instruction, place);
    ops.push(op);
    offset += result.instruction.length;
    place = { ...place, ripLow: op.nextLow, ripHigh: op.nextHigh, position: ops.length };
    if (endsBlock(result.instruction)) break;
  }
  const decoded = { ops, bytes: c.bytes.slice(at, Math.min(offset, pageEnd)) };
  if (ops.length > 0) remember(decodedOn(c.model), keyOf(start, mode), decoded);
  return decoded;
}

function remember(known: Map<string, DecodedOps>, key: string, decoded: DecodedOps): void {
  if (known.size >= MAX_DECODED) known.clear();
  known.set(key, decoded);
}

function endsBlock(instruction: Instruction): boolean {
  if (BRANCH.test(instruction.mnemonic)) return true;
  const first = instruction.operands[0];
  return (
    first?.kind === "register" && (first.class === "control" || first.class === "segment" || first.class === "debug")
  );
}

/** Whether the bytes of a block's last instruction may lie behind the limit of the code segment. */
export function isNearLimit(block: Block, limit: number): boolean {
  return (block.endLow >>> 0) + MAX_LENGTH - 2 > limit >>> 0;
}

/** One instruction of which only `room` bytes lie within the code segment; if it needs more, #GP(0) is pending. */
export function limitedBlock(c: Processor, at: number, start: BlockStart, mode: CodeMode, room: number): Block | null {
  const inPage = 4096 - (at & 0xfff);
  const place = placeAt(start, mode);
  const result = decodeFor(c.model, c.bytes, at, Math.min(MAX_LENGTH, inPage, room), place);
  if (result.kind !== "truncated")
    return unkeptBlock(start, mode, opOf(result, c.bytes.slice(at, at + MAX_LENGTH), place));
  if (room > inPage) return crossPageBlock(c, at, start, mode, room);
  c.raise(GP, 0);
  return null;
}

function opOf(result: DecodeResult, bytes: Uint8Array, place: Placement): Op {
  return result.kind === "instruction" ? operationOf(result.instruction, place) : failureOp(result, bytes, place);
}

/** One instruction that lies in two pages. The block is not kept: either page may be remapped or rewritten. */
function crossPageBlock(
  c: Processor,
  at: number,
  start: BlockStart,
  mode: CodeMode,
  limited = MAX_LENGTH,
): Block | null {
  const room = 4096 - (at & 0xfff);
  const nextLow = (start.linearLow + room) | 0;
  const nextHigh = nextLow === 0 && mode.bits === 64 ? (start.linearHigh + 1) | 0 : start.linearHigh;
  const second = fetchAddress(c, nextLow, nextHigh);
  if (second === ADDRESS_FAULT) return null;
  const known = decodedOn(c.model).get(keyOf(start, mode));
  if (known !== undefined && limited === MAX_LENGTH && isInBothPages(c, known, at, second))
    return unkeptBlock(start, mode, known.ops[0]!);
  const bytes = new Uint8Array(room + MAX_LENGTH).fill(0xff);
  bytes.set(c.bytes.subarray(at, at + room));
  if (second >= 0) bytes.set(c.bytes.subarray(second, second + MAX_LENGTH), room);
  const place = placeAt(start, mode);
  const result = decodeFor(c.model, bytes, 0, Math.min(MAX_LENGTH, limited), place);
  if (result.kind === "truncated") {
    c.raise(GP, 0);
    return null;
  }
  const op = opOf(result, bytes, place);
  if (result.kind === "instruction")
    remember(decodedOn(c.model), keyOf(start, mode), {
      ops: [op],
      bytes: bytes.slice(0, result.instruction.length),
    });
  return unkeptBlock(start, mode, op);
}

/** Whether one instruction's bytes are those at the end of one page and the beginning of another. */
function isInBothPages(c: Processor, { ops, bytes }: DecodedOps, at: number, second: number): boolean {
  const room = 4096 - (at & 0xfff);
  if (second < 0 || ops.length !== 1 || bytes.length <= room) return false;
  return bytes.every((byte, index) => c.bytes[index < room ? at + index : second + index - room] === byte);
}

/** A block that is run once and looked up again: it has no place in the cache. */
function unkeptBlock(start: BlockStart, mode: CodeMode, op: Op): Block {
  return new Block({ at: -1, mode: mode.number, ripLow: start.ripLow, ripHigh: start.ripHigh, frame: 0, version: -1 }, [
    op,
  ]);
}

/** Instructions fetched from where nothing is: FF bytes. */
export function unbackedBlock(start: BlockStart, mode: CodeMode): Block {
  const bytes = new Uint8Array(MAX_LENGTH).fill(0xff);
  return unkeptBlock(start, mode, failureOp(UNDEFINED, bytes, placeAt(start, mode)));
}
