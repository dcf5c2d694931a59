import type { Device } from "./device.ts";

/** Ports 0xe9 and 0x402: each byte written is debug output; 0xe9 reads back 0xe9 so that guests can detect it. */
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
    this.send(value & 0xff);
  }
}

/** Port 0xf4: a write ends the run with that code. QEMU's process status for it would be `code * 2 + 1`. */
export class DebugExit implements Device {
  readonly ports = [[0xf4, 0xf7]] as const;
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
    this.state.code = value >>> 0;
    this.exited();
  }
}

/** Ports that guests write and read without meaning anything here: POST codes, keyboard controller, CMOS, DMA page, PCI address. */
export class QuietPorts implements Device {
  readonly ports = [
    [0x60, 0x60],
    [0x64, 0x64],
    [0x70, 0x71],
    [0x80, 0x80],
    [0x92, 0x92],
    [0xcf8, 0xcff],
    [0x8900, 0x8900],
    [0x501, 0x501],
  ] as const;
  readonly state = { cmosIndex: 0, pciAddress: 0, a20: 2 };

  read(port: number): number {
    if (port === 0x64) return 0;
    if (port === 0x92) return this.state.a20;
    if (port >= 0xcf8 && port <= 0xcfb) return this.state.pciAddress >>> ((port - 0xcf8) * 8);
    return port === 0x71 ? 0 : -1 >>> 0;
  }

  write(port: number, _size: number, value: number): void {
    if (port === 0x70) this.state.cmosIndex = value & 0x7f;
    else if (port === 0x92) this.state.a20 = value & 0xfe;
    else if (port === 0xcf8) this.state.pciAddress = value >>> 0;
  }
}
