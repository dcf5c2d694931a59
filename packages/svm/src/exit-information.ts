import type { Op } from "@hvdiff/cpu";

/** What a #VMEXIT is going to record. One object per processor; `begin` makes it blank. */
export class ExitInformation {
  /** Exit code; -1 for VMEXIT_INVALID. */
  code = 0;
  info1Low = 0;
  info1High = 0;
  info2Low = 0;
  info2High = 0;
  /** RIP of the next instruction is recorded, where the processor does that. */
  hasNextRip = false;
  nextRipLow = 0;
  nextRipHigh = 0;
  /** The bytes of the instruction are recorded, where the processor does that. */
  fetchesBytes = false;

  begin(code: number): this {
    this.code = code;
    this.info1Low = this.info1High = this.info2Low = this.info2High = 0;
    this.hasNextRip = this.fetchesBytes = false;
    this.nextRipLow = this.nextRipHigh = 0;
    return this;
  }

  first(low: number, high = 0): this {
    this.info1Low = low;
    this.info1High = high;
    return this;
  }

  second(low: number, high = 0): this {
    this.info2Low = low;
    this.info2High = high;
    return this;
  }

  /** The exit is that of an instruction. */
  behind(op: Op): this {
    return this.nextRip(op.nextLow, op.nextHigh);
  }

  nextRip(low: number, high: number): this {
    this.hasNextRip = true;
    this.nextRipLow = low;
    this.nextRipHigh = high;
    return this;
  }
}
