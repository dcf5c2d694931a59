import type { Device } from "./device.ts";

/** Ports 0xe9 and 0x402: each byte written is debug output; both read back 0xe9 so that guests can detect them. */
export class DebugConsole implements Device {
  readonly ports = [
    [0xe9, 0xe9],
    [0x402, 0x402],
  ] as const;
  readonly state = {};
  private readonly send: (byte: number) => void;

  constructor(send: (byte: number) => void) {
    this.send = send;
  }

  read(): number {
    return 0xe9;
  }

  write(_port: number, _size: number, value: number): void {
    this.send(value);
  }
}

/** Port 0xf4: a write of any size ends the run with that code. QEMU's process status for it would be `code * 2 + 1`. */
export class DebugExit implements Device {
  readonly ports = [[0xf4, 0xf7, 4]] as const;
  readonly state: { code: number } = { code: -1 };
  private readonly exited: () => void;

  /** @param exited told at the first write */
  constructor(exited: () => void) {
    this.exited = exited;
  }

  read(): number {
    return 0;
  }

  write(_port: number, _size: number, value: number): void {
    if (this.state.code >= 0) return;
    this.state.code = value;
    this.exited();
  }
}

const SHUTDOWN_WORD = "Shutdown";

/** Port 0x8900: the word "Shutdown", written letter by letter, turns the power off. */
export class ShutdownPort implements Device {
  readonly ports = [[0x8900, 0x8900]] as const;
  readonly state = { matched: 0 };
  private readonly powerOff: () => void;

  constructor(powerOff: () => void) {
    this.powerOff = powerOff;
  }

  read(): number {
    return 0xff;
  }

  write(_port: number, _size: number, value: number): void {
    const { state } = this;
    const letter = String.fromCharCode(value);
    if (letter === SHUTDOWN_WORD[state.matched]) state.matched++;
    else state.matched = letter === SHUTDOWN_WORD[0] ? 1 : 0;
    if (state.matched < SHUTDOWN_WORD.length) return;
    state.matched = 0;
    this.powerOff();
  }
}
