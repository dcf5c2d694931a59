import type { Block } from "./block.ts";
import { stepCarefully } from "./careful-step.ts";
import { CodeFetch } from "./code-fetch.ts";
import { breakpointsEnabled } from "./debug-registers.ts";
import { IF, RF, TF } from "./flags.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "./op.ts";
import { FAULT_EXCEPTION, FAULT_EXIT, FAULT_NONE, FAULT_STOP, type Processor } from "./processor.ts";
import { NO_OPS } from "./register-state.ts";
import { RunLimit } from "./run-limit.ts";
import * as S from "./state-layout.ts";
import { deliverException, takePendingEvents } from "./system/deliver.ts";
import { recordsBranches } from "./system/last-branch.ts";
import { type RegionExit, RegionRuntime } from "./wasm/region-runtime.ts";

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

/** When code is compiled. */
export interface CompileThresholds {
  /** Times a block is run by its executors before it is compiled. */
  readonly hot: number;
  /** Times after which it is taken up by the region of another. */
  readonly warm: number;
}

/** What pays for itself: a region costs some milliseconds to make, so that a guest of some thousand exits has few. */
export const COMPILE_HOT: CompileThresholds = { hot: 1500, warm: 100 };
/** What finds mistakes. */
export const COMPILE_EARLY: CompileThresholds = { hot: 12, warm: 2 };

/** Exceptions without an instruction completing between them, from which on that goes on for ever. */
const ENDLESS_EXCEPTIONS = 50_000;
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
  readonly limit: RunLimit;
  readonly c: Processor;
  readonly code: CodeFetch;
  private readonly regions: RegionRuntime | null;
  /** Retired instructions at the last exception, and how many came at that count. */
  private raisedAt = 0;
  private raised = 0;

  private readonly thresholds: CompileThresholds;

  /** @param thresholds when code becomes WebAssembly; null for never. What happens is the same in every respect. */
  constructor(processor: Processor, thresholds: CompileThresholds | null = COMPILE_HOT) {
    this.c = processor;
    this.code = new CodeFetch(processor);
    this.limit = new RunLimit(processor);
    this.thresholds = thresholds ?? COMPILE_HOT;
    this.regions =
      thresholds === null
        ? null
        : new RegionRuntime(processor, (low, high) => this.code.warmBlock(low, high, this.thresholds.warm));
  }

  /** Makes a run that is under way end earlier: a device has set a timer. */
  lowerLimit(limit: number): void {
    this.limit.lower(limit);
  }

  /** Runs until `limit` instructions in all have been retired, or something else must happen first. Never passes the limit. */
  run(limit: number): RunResult {
    const c = this.c;
    this.limit.begin(limit);
    this.raised = 0;
    for (;;) {
      const ended = this.boundary();
      if (ended === "again") continue;
      if (ended !== null) return this.leave(ended);
      const retired = c.retired;
      const block = this.code.nextBlock();
      if (block === null) this.handleAbort(null);
      else if (this.mustStep()) this.runOneCarefully(block, retired);
      else if (!this.runRegion(block))
        this.runBlock(block, retired, Math.min(block.ops.length, this.limit.at - retired), 0);
    }
  }

  /** Runs a block's region, if it has one by now. False when that cannot be: nothing has happened then. */
  private runRegion(block: Block): boolean {
    const { regions } = this;
    if (regions === null || this.c.tlb === S.TLB_NEVER) return false;
    if (block.region === null && !this.compile(regions, block)) return false;
    const exit = regions.enter(block, this.limit.at, this.code.codeMode().bits === 64);
    if (exit === null) return false;
    this.finish(exit);
    return true;
  }

  /** Counts a block's runs and compiles it when it is hot. */
  private compile(regions: RegionRuntime, block: Block): boolean {
    if (++block.heat !== this.thresholds.hot || block.at < 0) return false;
    regions.compile(block, this.code.codeMode().bits);
    return block.region !== null;
  }

  /** Goes on from where a region was left: at the start of a block, or in the middle of one. */
  private finish({ site, region, retired, status, epoch }: RegionExit): void {
    const { c } = this;
    const block = region.blocks[site.block]!;
    this.code.enterPage(block.at, (block.ripLow + region.codeBase) | 0, block.ripHigh, epoch);
    if (site.kind === "boundary") {
      c.s[S.RIP] = site.ripLow;
      c.s[S.RIP + 1] = site.ripHigh;
    }
    if (site.kind === "before") this.runBlock(block, retired, block.ops.length, site.position);
    else if (site.kind === "operated") this.runRest(block, { retired, epoch, status }, site.position);
    else c.retired = retired;
  }

  /** Goes on behind an instruction whose executor has just returned. */
  private runRest(
    block: Block,
    { retired, epoch, status }: { readonly retired: number; readonly epoch: number; readonly status: number },
    position: number,
  ): void {
    const op = block.ops[position]!;
    const changed = epoch !== this.c.translationEpoch;
    if (status === STATUS_NEXT && !changed && position + 1 < block.ops.length) {
      this.runBlock(block, retired, block.ops.length, position + 1);
      return;
    }
    if (status === STATUS_NEXT) this.setRipBehind(op);
    this.c.retired = retired + (status === STATUS_ABORTED ? position : position + 1);
    if (status === STATUS_ABORTED) this.handleAbort(op);
  }

  /**
   * Executes the one instruction at RIP, whatever events wait: how a hypervisor emulates an access of its guest.
   * @returns false when it did not complete: a fault is pending, or the processor has stopped
   */
  executeOne(): boolean {
    const c = this.c;
    const block = this.code.nextBlock();
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

  leave(result: RunResult): RunResult {
    this.c.blockOps = NO_OPS;
    return result;
  }

  /** What happens between instructions before the next is fetched: null to go on, "again" when an event changed the state. */
  boundary(): RunResult | "again" | null {
    const c = this.c;
    const s = c.s;
    if (c.stop !== null) return "stopped";
    if (this.rootClient && s[S.VIRTUALIZATION_MODE] !== MODE_NON_ROOT) return "root";
    if (s[S.EVENTS] !== 0 && this.takeEvents()) return "again";
    if (s[S.ACTIVITY] !== 0) return this.limit.notesGuestTimer() ? "again" : "idle";
    return c.retired >= this.limit.at ? this.limit.lookUp() : null;
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

  /** Executes a block's instructions from number `from` up to `count`. */
  private runBlock(block: Block, retired: number, count: number, from: number): void {
    const c = this.c;
    const s = c.s;
    const ops = block.ops;
    const epoch = c.translationEpoch;
    c.blockBase = retired;
    c.blockOps = ops;
    s[S.RIP + 1] = block.ripHigh;
    let done = from;
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
    c.blockOps = NO_OPS;
    if (fault === FAULT_EXIT) c.fault = FAULT_NONE;
    else if (fault === FAULT_EXCEPTION) {
      if (c.nonCanonical && op !== null && op.segment === S.SS && c.exception.vector === EXCEPTION_GP)
        c.exception.vector = EXCEPTION_SS;
      const { vector } = c.exception;
      deliverException(c);
      if (c.fault !== FAULT_STOP) c.fault = FAULT_NONE;
      this.countException(vector);
    }
  }

  /** Time stands still while instructions only raise exceptions: such a run must end by itself. */
  private countException(vector: number): void {
    const { c } = this;
    this.raised = c.retired === this.raisedAt ? this.raised + 1 : 1;
    this.raisedAt = c.retired;
    if (this.raised < ENDLESS_EXCEPTIONS || c.stop !== null) return;
    c.stop = {
      kind: "loop",
      what: `${this.raised} exceptions, the last of vector ${vector}, without an instruction between them`,
    };
  }

  /** Takes pending events at a boundary. True when state changed and the loop must look again. */
  private takeEvents(): boolean {
    const c = this.c;
    c.blockOps = NO_OPS;
    const took = takePendingEvents(c);
    if (c.fault === FAULT_EXIT) c.fault = FAULT_NONE;
    return took;
  }

  /** Whether an external interrupt could be taken at this boundary (for machines that idle). */
  interruptible(): boolean {
    return (this.c.s[S.FLAG_SYSTEM]! & IF) !== 0;
  }
}
