import type { Device } from "./device.ts";

/** How much a reset resets: the processors as INIT does, the whole machine, or the processors at the end of a sleep. */
export type ResetKind = "init" | "hard" | "wake";

const FAST_RESET = 0x01;
const A20 = 0x02;

/** Port 0x92: A20, which switches nothing here, and a fast reset of the processor by a rising bit 0. */
export class SystemControlPortA implements Device {
  readonly ports = [[0x92, 0x92]] as const;
  readonly state = { value: A20 };
  private readonly reset: () => void;

  constructor(reset: () => void) {
    this.reset = reset;
  }

  read(): number {
    return this.state.value;
  }

  write(_port: number, _size: number, value: number): void {
    const rose = (value & ~this.state.value & FAST_RESET) !== 0;
    this.state.value = value;
    if (rose) this.reset();
  }
}

const HARD = 0x02;
const RESET_PROCESSOR = 0x04;
const FULL = 0x08;

/** The reset control register at port 0xcf9: a rising bit 2 resets, the whole machine if bit 1 says so. */
export class ResetControl implements Device {
  readonly ports = [[0xcf9, 0xcf9]] as const;
  readonly state = { value: 0 };
  private readonly reset: (kind: ResetKind) => void;

  constructor(reset: (kind: ResetKind) => void) {
    this.reset = reset;
  }

  read(): number {
    return this.state.value;
  }

  write(_port: number, _size: number, value: number): void {
    const rose = (value & ~this.state.value & RESET_PROCESSOR) !== 0;
    this.state.value = value & (HARD | RESET_PROCESSOR | FULL);
    if (!rose) return;
    this.state.value &= ~RESET_PROCESSOR;
    this.reset((value & HARD) !== 0 ? "hard" : "init");
  }
}
