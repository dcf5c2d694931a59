import { Block } from "./block.ts";
import { decode } from "./decode/decoder.ts";
import type { Instruction } from "./decode/instruction.ts";
import { ADDRESS_FAULT } from "./mmu.ts";
import { type Executor, type Op, STATUS_ABORTED } from "./op.ts";
import type { Processor } from "./processor.ts";
import { type Placement, resolveOp } from "./resolve-op.ts";
import { CPL } from "./state-layout.ts";
import { ACCESS_FETCH } from "./virtualization.ts";

const MAX_OPS = 64;
const MAX_LENGTH = 15;

/** Instructions that end a block: they may set RIP or change what the next bytes mean. */
const BRANCH =
  /^(j[a-z]{1,3}|jcxz|jmp|jmpf|call|callf|ret|retf|iret|loop|loope|loopne|int|int1|int3|into|hlt|syscall|sysret|sysenter|sysexit|vm[a-z]+|ud[0-2]|rsm|cli|sti|popf|swapgs|wrmsr|xsetbv|clts|lmsw|invlpg|invpcid|invept|invvpid|stac|clac|in|out|ins[bwd]|outs[bwd]|l[gi]dt|ltr|lldt)$/;

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

/** A pseudo-instruction that raises what undecodable bytes raise. */
function failureOp(kind: string, name: string, bytes: Uint8Array, place: Placement): Op {
  const op = resolveOp(failingInstruction(bytes, kind === "unimplemented" ? name : kind), place);
  if (kind === "unimplemented") return op;
  return { ...op, run: kind === "undefined" ? undefinedOpcode : tooLong };
}

/** Decodes a block that starts at buffer offset `at`. The linear address is needed for an instruction that crosses into the next page. */
export function buildBlock(
  c: Processor,
  at: number,
  linearLow: number,
  linearHigh: number,
  rip: { low: number; high: number },
  mode: CodeMode,
): Block | null {
  const pageEnd = (at & ~0xfff) + 4096;
  const ops: Op[] = [];
  let offset = at;
  let low = rip.low;
  let high = rip.high;
  while (ops.length < MAX_OPS) {
    const place = { ripLow: low, ripHigh: high, codeBits: mode.bits, stack32: mode.stack32, position: ops.length };
    const result = decode(c.bytes, offset, Math.min(MAX_LENGTH, pageEnd - offset), mode.bits);
    if (result.kind === "truncated") {
      if (ops.length > 0) break;
      return crossPageBlock(c, at, linearLow, linearHigh, place, mode);
    }
    if (result.kind !== "instruction") {
      ops.push(
        failureOp(
          result.kind,
          result.kind === "unimplemented" ? result.name : "",
          c.bytes.slice(offset, Math.min(offset + 8, pageEnd)),
          place,
        ),
      );
      break;
    }
    const op = resolveOp(result.instruction, place);
    ops.push(op);
    offset += result.instruction.length;
    low = op.nextLow;
    high = op.nextHigh;
    if (offset >= pageEnd || endsBlock(result.instruction)) break;
  }
  const length = Math.max(1, Math.min(offset, pageEnd) - at);
  c.memory.markCode(at, length);
  return new Block(
    {
      at,
      mode: mode.number,
      ripLow: rip.low,
      ripHigh: rip.high,
      frame: at >>> 12,
      version: c.memory.codeVersion[at >>> 12]!,
    },
    ops,
  );
}

function endsBlock(instruction: Instruction): boolean {
  if (BRANCH.test(instruction.mnemonic)) return true;
  const first = instruction.operands[0];
  return (
    first?.kind === "register" && (first.class === "control" || first.class === "segment" || first.class === "debug")
  );
}

/** One instruction that lies in two pages. It is not kept: either page may be remapped or rewritten. */
function crossPageBlock(
  c: Processor,
  at: number,
  linearLow: number,
  linearHigh: number,
  place: Placement,
  mode: CodeMode,
): Block | null {
  const room = 4096 - (at & 0xfff);
  const nextLow = (linearLow + room) | 0;
  const nextHigh = nextLow === 0 && mode.bits === 64 ? (linearHigh + 1) | 0 : linearHigh;
  const second = c.mmu.translate(nextLow, nextHigh, ACCESS_FETCH, c.s[CPL] === 3);
  if (second === ADDRESS_FAULT) return null;
  const bytes = new Uint8Array(room + MAX_LENGTH).fill(0xff);
  bytes.set(c.bytes.subarray(at, at + room));
  if (second >= 0) bytes.set(c.bytes.subarray(second, second + MAX_LENGTH), room);
  const result = decode(bytes, 0, Math.min(MAX_LENGTH, bytes.length), mode.bits);
  const op =
    result.kind === "instruction"
      ? resolveOp(result.instruction, place)
      : failureOp(result.kind, result.kind === "unimplemented" ? result.name : "", bytes, place);
  return new Block(
    { at: -1, mode: mode.number, ripLow: place.ripLow, ripHigh: place.ripHigh, frame: at >>> 12, version: -1 },
    [op],
  );
}

/** Instructions fetched from where nothing is: FF bytes. */
export function unbackedBlock(place: Placement, mode: CodeMode): Block {
  const bytes = new Uint8Array(MAX_LENGTH).fill(0xff);
  return new Block({ at: -1, mode: mode.number, ripLow: place.ripLow, ripHigh: place.ripHigh, frame: 0, version: -1 }, [
    failureOp("undefined", "", bytes, place),
  ]);
}
