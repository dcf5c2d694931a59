import type { Device } from "./device.ts";

const LINE_STATUS_READY = 0x60;
const DLAB = 0x80;
const LOOPBACK = 0x10;

/** COM1: a 16550 that is always ready to send and never receives. */
export class Uart16550 implements Device {
  readonly ports = [[0x3f8, 0x3ff]] as const;
  readonly state = {
    interruptEnable: 0,
    lineControl: 0,
    modemControl: 0,
    scratch: 0,
    divisorLow: 1,
    divisorHigh: 0,
    fifo: 0,
    loop: -1,
  };
  private readonly send: (byte: number) => void;

  /** @param send receives each transmitted byte */
  constructor(send: (byte: number) => void) {
    this.send = send;
  }

  read(port: number): number {
    const s = this.state;
    const divisor = (s.lineControl & DLAB) !== 0;
    switch (port - 0x3f8) {
      case 0:
        return divisor ? s.divisorLow : this.receive();
      case 1:
        return divisor ? s.divisorHigh : s.interruptEnable;
      case 2:
        return 0x01 | ((s.fifo & 1) !== 0 ? 0xc0 : 0);
      case 3:
        return s.lineControl;
      case 4:
        return s.modemControl;
      case 5:
        return LINE_STATUS_READY | (s.loop >= 0 ? 1 : 0);
      case 6:
        return 0xb0;
      default:
        return s.scratch;
    }
  }

  private receive(): number {
    const byte = this.state.loop;
    this.state.loop = -1;
    return Math.max(byte, 0);
  }

  write(port: number, _size: number, value: number): void {
    const s = this.state;
    const divisor = (s.lineControl & DLAB) !== 0;
    switch (port - 0x3f8) {
      case 0:
        if (divisor) s.divisorLow = value & 0xff;
        else if ((s.modemControl & LOOPBACK) !== 0) s.loop = value & 0xff;
        else this.send(value & 0xff);
        break;
      case 1:
        if (divisor) s.divisorHigh = value & 0xff;
        else s.interruptEnable = value & 0x0f;
        break;
      case 2:
        s.fifo = value & 0xff;
        break;
      case 3:
        s.lineControl = value & 0xff;
        break;
      case 4:
        s.modemControl = value & 0x1f;
        break;
      case 7:
        s.scratch = value & 0xff;
        break;
      default:
        break;
    }
  }
}
