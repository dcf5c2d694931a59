import { type Block, type Processor, type RunGuard, STATE } from "@hvdiff/cpu";
import { type Access, type Watchpoint, watchMeets } from "./watchpoint.ts";

/** A linear address, in halves as the processor has it. */
export interface LinearAddress {
  readonly low: number;
  readonly high: number;
}

export function linearAddress(address: bigint): LinearAddress {
  return { low: Number(BigInt.asIntN(32, address)), high: Number(BigInt.asIntN(32, address >> 32n)) };
}

/** Why a run is held. */
export type HoldReason =
  | { readonly kind: "breakpoint" | "step"; readonly vcpu: number }
  | { readonly kind: "watchpoint"; readonly vcpu: number; readonly watchpoint: Watchpoint };

const BASE = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_BASE;

/** Breakpoints, watchpoints and single steps of a debugger. Nothing of them lies in the guest's memory or registers. */
export class Breakpoints implements RunGuard {
  /** The only level at which the guest is stopped; null for any. */
  level: number | null = null;
  /** Why the run was held last. */
  reason: HoldReason | null = null;
  private readonly addresses: LinearAddress[] = [];
  private readonly watchpoints: Watchpoint[] = [];
  private readonly processors: readonly Processor[];
  private readonly hasClient: boolean;
  /** The processor that takes a single step. */
  private stepping: number | null = null;
  /** What is to hold the run as soon as machine code of the guest is next. */
  private due: HoldReason | null = null;
  /** Per processor: it may leave the place where it stood even if a breakpoint is there, for it has been stopped there already. */
  private readonly passes: boolean[];
  /** Per processor: where it stood when the run went on. */
  private readonly starts: (LinearAddress & { readonly level: number })[] = [];

  /** @param hasClient root mode belongs to a client in TypeScript, where a guest cannot be stopped */
  constructor(processors: readonly Processor[], hasClient: boolean) {
    this.processors = processors;
    this.hasClient = hasClient;
    this.passes = processors.map(() => false);
  }

  add(address: bigint): void {
    this.remove(address);
    this.addresses.push(linearAddress(address));
  }

  remove(address: bigint): void {
    const { low, high } = linearAddress(address);
    const at = this.addresses.findIndex((known) => known.low === low && known.high === high);
    if (at >= 0) this.addresses.splice(at, 1);
  }

  addWatchpoint(watchpoint: Watchpoint): void {
    this.watchpoints.push(watchpoint);
    this.watch();
  }

  removeWatchpoint({ address, length, access }: Watchpoint): void {
    const at = this.watchpoints.findIndex(
      (known) => known.address === address && known.length === length && known.access === access,
    );
    if (at >= 0) this.watchpoints.splice(at, 1);
    this.watch();
  }

  clear(): void {
    this.addresses.length = 0;
    this.watchpoints.length = 0;
    this.level = null;
    this.watch();
  }

  /** Before the run goes on: every processor may leave the instruction it stands at. */
  release(stepping: number | null): void {
    this.stepping = stepping;
    this.reason = null;
    this.due = null;
    for (const { index, s } of this.processors) {
      this.starts[index] = { low: s[STATE.RIP]!, high: s[STATE.RIP + 1]!, level: s[STATE.TRACE_LEVEL]! };
      this.passes[index] = true;
    }
  }

  allow(c: Processor, block: Block, from: number): number {
    // An L0 came in between and has not moved the guest: the instruction starts anew.
    if (this.due?.kind === "step" && this.isWhereItWas(c)) this.due = null;
    if (this.due !== null) return this.hold(this.due);
    const passes = this.passes[c.index] && this.isWhereItWas(c) ? 1 : 0;
    const distance = this.isAtLevel(c) ? this.distance(c, block, from, passes) : Number.POSITIVE_INFINITY;
    if (distance === 0) return this.hold({ kind: "breakpoint", vcpu: c.index });
    return this.stepping === c.index || this.watchpoints.length > 0 ? 1 : distance;
  }

  holds(c: Processor): boolean {
    if (this.stepping === c.index) this.due ??= { kind: "step", vcpu: c.index };
    // A processor that has left for its root-mode client is held when it comes back.
    if (this.hasClient && c.s[STATE.VIRTUALIZATION_MODE] !== 2) return false;
    this.passes[c.index] = false;
    if (this.due === null) return false;
    this.hold(this.due);
    return true;
  }

  private hold(reason: HoldReason): 0 {
    this.reason = reason;
    this.due = null;
    this.stepping = null;
    return 0;
  }

  private isWhereItWas({ index, s }: Processor): boolean {
    const { low, high, level } = this.starts[index]!;
    return s[STATE.RIP] === low && s[STATE.RIP + 1] === high && s[STATE.TRACE_LEVEL] === level;
  }

  private isAtLevel(c: Processor): boolean {
    return this.level === null || c.s[STATE.TRACE_LEVEL] === this.level;
  }

  /** Instructions of the block, from number `from` on, that come before the nearest breakpoint. */
  private distance(c: Processor, block: Block, from: number, skip: number): number {
    const base = c.in64BitMode ? 0 : c.s[BASE]!;
    const start = (block.ops[from]!.ripLow + base) | 0;
    const length = (block.endLow + base - start) >>> 0;
    const high = c.in64BitMode ? block.ripHigh : 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (const address of this.addresses) {
      if (address.high !== high || (address.low - start) >>> 0 >= length) continue;
      const at = block.ops.findIndex((op, n) => n >= from + skip && ((op.ripLow + base) | 0) === address.low);
      if (at >= 0) nearest = Math.min(nearest, at - from);
    }
    return nearest;
  }

  /** Lets the processors tell of their accesses while there is something to watch. */
  private watch(): void {
    for (const c of this.processors) {
      c.watcher = this.watchpoints.length === 0 ? null : (...access: Access) => this.note(c, access);
      c.selectTlbPart();
    }
  }

  private note(c: Processor, access: Access): void {
    if (this.due !== null || !this.isAtLevel(c)) return;
    const watchpoint = this.watchpoints.find((known) => watchMeets(known, access));
    if (watchpoint !== undefined) this.due = { kind: "watchpoint", vcpu: c.index, watchpoint };
  }
}
