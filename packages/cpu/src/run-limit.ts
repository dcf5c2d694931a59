import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";

/**
 * How far a run may go before it looks up: to its end, or to the tick at which the timer of the guest that runs is due. Up to there the timer costs
 * nothing; from there on each boundary looks at it.
 */
export class RunLimit {
  /** Retired instructions at which the run looks up. */
  at = 0;
  /** Retired instructions at which the run ends. */
  end = 0;
  private readonly c: Processor;

  constructor(processor: Processor) {
    this.c = processor;
    processor.onGuestDeadline = (tick) => {
      this.at = Math.min(this.at, tick);
    };
  }

  /** Begins a run that ends at `end` at the latest. */
  begin(end: number): void {
    this.end = end;
    this.at = Math.min(end, this.guestDeadline);
  }

  /** Makes the run end earlier. */
  lower(end: number): void {
    this.end = Math.min(this.end, end);
    this.at = Math.min(this.at, end);
  }

  private get guestDeadline(): number {
    return this.c.extension?.wakesAt?.() ?? Number.POSITIVE_INFINITY;
  }

  /** True once the guest's timer is due. */
  notesGuestTimer(): boolean {
    const { c } = this;
    if ((c.s[S.EVENTS]! & S.EVENT_VIRTUALIZATION) !== 0 || c.retired < this.guestDeadline) return false;
    c.s[S.EVENTS]! |= S.EVENT_VIRTUALIZATION;
    return true;
  }

  /** Looks up: why the run ends, "again" when the guest's timer is due, null to go on. */
  lookUp(): "again" | "limit" | null {
    const { c } = this;
    if (this.notesGuestTimer()) return "again";
    const isLookedAt = (c.s[S.EVENTS]! & S.EVENT_VIRTUALIZATION) !== 0;
    this.at = isLookedAt ? this.end : Math.min(this.end, this.guestDeadline);
    return c.retired >= this.at ? "limit" : null;
  }
}
