import type { Block } from "./block.ts";
import {
  type BlockStart,
  buildBlock,
  CODE_MODES,
  type CodeMode,
  isNearLimit,
  limitedBlock,
  MAX_LENGTH,
  unbackedBlock,
} from "./block-builder.ts";
import { link, linkedBlock } from "./block-links.ts";
import { stepCarefully } from "./careful-step.ts";
import { breakpointsEnabled } from "./debug-registers.ts";
import { IF, RF, TF } from "./flags.ts";
import { ADDRESS_FAULT } from "./mmu.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "./op.ts";
import { FAULT_EXCEPTION, FAULT_EXIT, FAULT_NONE, FAULT_STOP, type Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { deliverException, takePendingEvents } from "./system/deliver.ts";
import { recordsBranches } from "./system/last-branch.ts";
import { ACCESS_FETCH } from "./virtualization.ts";

/** Why `Engine.run` returned. */
export type RunResult =
  /** `limit` instructions have been retired. */
  | "limit"
  /** HLT, shutdown or wait-for-SIPI: only an event goes on. */
  | "idle"
  /** A VM exit was made and root mode is not machine code's business: ask the root-mode client. */
  | "root"
  /** `Processor.stop` is set. */
  | "stopped";

const CACHE_SIZE = 1 << 12;
const CS_ACCESS = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS;
const CS_BASE = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_BASE;
const CS_LIMIT = S.SEGMENTS + S.CS * S.SEGMENT_STRIDE + S.SEGMENT_LIMIT;
const SS_ACCESS = S.SEGMENTS + S.SS * S.SEGMENT_STRIDE + S.SEGMENT_ACCESS;
const SHADOW = 3;
const EXCEPTION_SS = 12;
const EXCEPTION_GP = 13;
const MODE_NON_ROOT = 2;

/**
 * Runs one processor: finds or decodes blocks, executes them, delivers what they raise. The steps of `run` are public for `runGuarded`
 * alone.
 */
export class Engine {
  /** True when root mode belongs to a client in TypeScript: `run` then returns "root" instead of fetching there. */
  rootClient = false;
  /** Retired instructions at which the run under way ends. */
  limit = 0;
  readonly c: Processor;
  private readonly cache: (Block | null)[] = new Array<Block | null>(CACHE_SIZE).fill(null);
  private modeEpoch = 0;
  private mode: CodeMode = CODE_MODES[0]!;

  constructor(processor: Processor) {
    this.c = processor;
  }

  /** Makes a run that is under way end earlier: a device has set a timer. */
  lowerLimit(limit: number): void {
    this.limit = Math.min(this.limit, limit);
  }

  /** Runs until `limit` instructions in all have been retired, or something else must happen first. Never passes the limit. */
  run(limit: number): RunResult {
    const c = this.c;
    this.limit = limit;
    let block: Block | null = null;
    for (;;) {
      const ended = this.boundary();
      if (ended === "again") block = null;
      else if (ended !== null) return this.leave(ended);
      else {
        const retired = c.retired;
        block = this.nextBlock(block);
        if (block === null) this.handleAbort(null);
        else if (this.mustStep()) this.runOneCarefully(block, retired);
        else this.runBlock(block, retired, this.limit);
      }
    }
  }

  /**
   * Executes the one instruction at RIP, whatever events wait: how a hypervisor emulates an access of its guest.
   * @returns false when it did not complete: a fault is pending, or the processor has stopped
   */
  executeOne(): boolean {
    const c = this.c;
    const block = this.nextBlock(null);
    if (block === null) return false;
    c.blockBase = c.retired;
    c.blockOps = block.ops;
    const op = block.ops[0]!;
    c.s[S.RIP] = op.ripLow;
    c.s[S.RIP + 1] = op.ripHigh;
    const status = op.run(c, op);
    if (status === STATUS_ABORTED) return false;
    if (status === STATUS_NEXT) this.setRipBehind(op);
    this.leave("limit");
    return true;
  }

  /** No instruction runs any more: the exact time is what has been retired. */
  leave(result: RunResult): RunResult {
    this.c.blockOps = [];
    this.c.blockBase = this.c.retired;
    return result;
  }

  /** What happens between instructions before the next is fetched: null to go on, "again" when an event changed the state. */
  boundary(): RunResult | "again" | null {
    const c = this.c;
    const s = c.s;
    if (c.stop !== null) return "stopped";
    if (this.rootClient && s[S.VIRTUALIZATION_MODE] !== MODE_NON_ROOT) return "root";
    if (s[S.EVENTS] !== 0 && this.takeEvents()) return "again";
    if (s[S.ACTIVITY] !== 0) return "idle";
    return c.retired >= this.limit ? "limit" : null;
  }

  /** Whether the next instruction must be looked at alone: interrupt shadow, TF, RF, breakpoints, or a VMX event counted in instructions. */
  mustStep(): boolean {
    const s = this.c.s;
    return (
      (s[S.INTERRUPTIBILITY]! & SHADOW) !== 0 ||
      (s[S.FLAG_SYSTEM]! & (TF | RF)) !== 0 ||
      (s[S.EVENTS]! & S.EVENT_VIRTUALIZATION) !== 0 ||
      breakpointsEnabled(s) ||
      this.c.enforced ||
      recordsBranches(this.c)
    );
  }

  /** Executes a block's instructions, at most up to the limit. */
  private runBlock(block: Block, retired: number, limit: number): void {
    const c = this.c;
    const s = c.s;
    const ops = block.ops;
    const count = Math.min(ops.length, limit - retired);
    const epoch = c.translationEpoch;
    c.blockBase = retired;
    c.blockOps = ops;
    s[S.RIP + 1] = block.ripHigh;
    let done = 0;
    let status = STATUS_NEXT;
    while (done < count) {
      const op = ops[done]!;
      s[S.RIP] = op.ripLow;
      status = op.run(c, op);
      if (status !== STATUS_NEXT) break;
      done++;
      if (c.translationEpoch !== epoch) break;
    }
    if (status === STATUS_NEXT) this.setRipBehind(ops[done - 1]!);
    else if (status === STATUS_RETIRED) done++;
    c.retired = retired + done;
    if (status === STATUS_ABORTED) this.handleAbort(ops[done]!);
  }

  setRipBehind(op: Op): void {
    this.c.s[S.RIP] = op.nextLow;
    this.c.s[S.RIP + 1] = op.nextHigh;
  }

  /** One instruction under an interrupt shadow, single-stepping, with RF set or breakpoints enabled. */
  runOneCarefully(block: Block, retired: number): void {
    const op = block.ops[0]!;
    this.c.blockBase = retired;
    this.c.blockOps = block.ops;
    if (!stepCarefully(this.c, op, retired)) this.handleAbort(op);
  }

  /** Deals with what an aborted instruction or fetch left behind. */
  handleAbort(op: Op | null): void {
    const c = this.c;
    const fault = c.fault;
    if (fault === FAULT_EXIT) c.fault = FAULT_NONE;
    else if (fault === FAULT_EXCEPTION) {
      if (c.nonCanonical && op !== null && op.segment === S.SS && c.exception.vector === EXCEPTION_GP)
        c.exception.vector = EXCEPTION_SS;
      deliverException(c);
      if (c.fault !== FAULT_STOP) c.fault = FAULT_NONE;
    }
  }

  /** Takes pending events at a boundary. True when state changed and the loop must look again. */
  private takeEvents(): boolean {
    const c = this.c;
    const took = takePendingEvents(c);
    if (c.fault === FAULT_EXIT) c.fault = FAULT_NONE;
    return took;
  }

  /** Whether an external interrupt could be taken at this boundary (for machines that idle). */
  interruptible(): boolean {
    return (this.c.s[S.FLAG_SYSTEM]! & IF) !== 0;
  }

  /** The block at RIP; null when fetching it has left a fault. */
  nextBlock(previous: Block | null): Block | null {
    const { c } = this;
    const linked = previous !== null && previous.linkEpoch === c.translationEpoch ? linkedBlock(c, previous) : null;
    return linked ?? this.findBlock(previous);
  }

  private findBlock(previous: Block | null): Block | null {
    const c = this.c;
    const s = c.s;
    const mode = this.codeMode();
    const ripLow = s[S.RIP]!;
    const ripHigh = s[S.RIP + 1]!;
    let low = ripLow;
    if (mode.bits !== 64) {
      if (ripLow >>> 0 > s[CS_LIMIT]! >>> 0) {
        c.raise(EXCEPTION_GP, 0);
        return null;
      }
      low = (ripLow + s[CS_BASE]!) | 0;
    }
    const start = { linearLow: low, linearHigh: mode.bits === 64 ? ripHigh : 0, ripLow, ripHigh };
    const at = this.fetchOffset(start.linearLow, start.linearHigh);
    if (at === ADDRESS_FAULT) return null;
    if (at < 0) return unbackedBlock(start, mode);
    const block = mode.bits === 64 ? this.decodedBlock(at, start, mode) : this.blockWithinLimit(at, start, mode);
    if (previous !== null && previous.at >= 0 && block !== null && block.at >= 0) link(c, previous, block);
    return block;
  }

  /** A block that ends before the limit of CS, or one instruction that is decoded with the limit in mind. */
  private blockWithinLimit(at: number, start: BlockStart, mode: CodeMode): Block | null {
    const limit = this.c.s[CS_LIMIT]!;
    const room = (limit >>> 0) - (start.ripLow >>> 0) + 1;
    if (room < MAX_LENGTH) return limitedBlock(this.c, at, start, mode, room);
    const block = this.decodedBlock(at, start, mode);
    return block !== null && isNearLimit(block, limit) ? limitedBlock(this.c, at, start, mode, room) : block;
  }

  /** The cached block, or a new one. */
  private decodedBlock(at: number, start: BlockStart, mode: CodeMode): Block | null {
    const c = this.c;
    const slot = (at ^ (at >>> 12)) & (CACHE_SIZE - 1);
    const block = this.cache[slot]!;
    if (
      block !== null &&
      block.at === at &&
      block.mode === mode.number &&
      block.ripLow === start.ripLow &&
      block.ripHigh === start.ripHigh &&
      c.memory.codeVersion[block.frame] === block.version
    )
      return block;
    const built = buildBlock(c, at, start, mode);
    if (built !== null && built.at >= 0) this.cache[slot] = built;
    return built;
  }

  private fetchOffset(low: number, high: number): number {
    const c = this.c;
    const s = c.s;
    const entry = c.fetchTlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + ACCESS_FETCH] === (low & ~0xfff) && s[entry + 3] === high) return s[entry + 4]! + (low & 0xfff);
    if (!c.isCanonical(high)) {
      c.raise(EXCEPTION_GP, 0);
      return ADDRESS_FAULT;
    }
    return c.mmu.translate(low, high, ACCESS_FETCH, s[S.CPL] === 3);
  }

  private codeMode(): CodeMode {
    const c = this.c;
    if (this.modeEpoch === c.translationEpoch) return this.mode;
    const stack32 = (c.s[SS_ACCESS]! & (1 << 14)) !== 0 ? 1 : 0;
    const bits = c.in64BitMode ? 2 : (c.s[CS_ACCESS]! & (1 << 14)) !== 0 ? 1 : 0;
    this.mode = CODE_MODES[bits * 2 + stack32]!;
    this.modeEpoch = c.translationEpoch;
    return this.mode;
  }
}
