import type { Device } from "./device.ts";

/**
 * How much a reset resets: the processors as INIT does, the whole machine, the processors at the end of a sleep; or nothing, and
 * firmware only asks for the image to be booted again.
 */
export type ResetKind = "init" | "hard" | "wake" | "boot";

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

/** The reset control register, and what to write there to reset everything. */
export const RESET_CONTROL_PORT = 0xcf9;
export const RESET_HARD = 0x06;

const HARD = 0x02;
const RESET_PROCESSOR = 0x04;
const FULL = 0x08;

/** The reset control register at port 0xcf9: a rising bit 2 resets, the whole machine if bit 1 says so. */
export class ResetControl implements Device {
  readonly ports = [[RESET_CONTROL_PORT, RESET_CONTROL_PORT]] as const;
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

/** Where our own firmware asks for what it cannot do in machine code. */
export const FIRMWARE_PORT = 0x505;

/** A write asks for the image to be booted again. */
export class FirmwarePort implements Device {
  readonly ports = [[FIRMWARE_PORT, FIRMWARE_PORT]] as const;
  readonly state = {};
  private readonly boot: () => void;

  constructor(boot: () => void) {
    this.boot = boot;
  }

  read(): number {
    return 0xff;
  }

  write(): void {
    this.boot();
  }
}
