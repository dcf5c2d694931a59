import { tickOfClock } from "../time.ts";
import type { TimedDevice } from "./device.ts";

const BASE = 0x3f8;
/** Bits per second with a divisor of 1. */
const BAUD_BASE = 115_200;
/** Bits of four characters: after so long a silence a half-full FIFO asks for attention. */
const TIMEOUT_BITS = 4 * 10;
const FIFO_SIZE = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;

const LCR_DIVISOR = 0x80;
const MCR_OUT2 = 0x08;
const MCR_LOOPBACK = 0x10;
const FCR_ENABLE = 1;
const FCR_CLEAR_RECEIVER = 2;
const LSR_DATA = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_TRANSMITTER_EMPTY = 0x60;
/** Carrier, data set ready, clear to send: somebody listens at the other end. */
const CONNECTED = 0xb0;

const IER_RECEIVED = 1;
const IER_TRANSMITTER_EMPTY = 2;
const IER_LINE_STATUS = 4;
const IER_MODEM_STATUS = 8;

const IIR_NONE = 0x01;
const IIR_MODEM_STATUS = 0x00;
const IIR_TRANSMITTER_EMPTY = 0x02;
const IIR_RECEIVED = 0x04;
const IIR_LINE_STATUS = 0x06;
const IIR_TIMEOUT = 0x0c;

/** What the UART is wired to. */
export interface UartWires {
  /** Guest time in ticks. */
  now(): number;
  /** Receives each transmitted byte. */
  send(byte: number): void;
  interrupt(asserted: boolean): void;
}

/** COM1: a 16550A that is always ready to send. Bytes for it wait outside until it has room. */
export class Uart16550 implements TimedDevice {
  readonly ports = [[BASE, BASE + 7]] as const;
  readonly state = {
    interruptEnable: 0,
    lineControl: 0,
    modemControl: MCR_OUT2,
    modemStatus: CONNECTED,
    scratch: 0,
    divisor: 1,
    fifoControl: 0,
    received: [] as number[],
    /** Input that has not arrived yet. */
    waiting: [] as number[],
    overrun: false,
    /** The transmitter has become empty and nobody has been told. */
    transmitterEmpty: false,
    /** Tick of the time-out of received bytes below the trigger level. */
    timeoutAt: Number.POSITIVE_INFINITY,
    timedOut: false,
  };
  private readonly wires: UartWires;

  constructor(wires: UartWires) {
    this.wires = wires;
  }

  /** Queues input from the other end. */
  receive(bytes: Iterable<number>): void {
    this.state.waiting.push(...bytes);
    this.fill();
    this.update();
  }

  get deadline(): number {
    return this.state.timeoutAt;
  }

  advanceTo(time: number): void {
    if (time < this.state.timeoutAt) return;
    this.state.timeoutAt = Number.POSITIVE_INFINITY;
    this.state.timedOut = true;
    this.update();
  }

  private get hasFifo(): boolean {
    return (this.state.fifoControl & FCR_ENABLE) !== 0;
  }

  /** Lets waiting input in. */
  private fill(): void {
    const s = this.state;
    if ((s.modemControl & MCR_LOOPBACK) !== 0) return;
    const room = (this.hasFifo ? FIFO_SIZE : 1) - s.received.length;
    if (room <= 0 || s.waiting.length === 0) return;
    s.received.push(...s.waiting.splice(0, room));
    this.restartTimeout();
  }

  private restartTimeout(): void {
    const s = this.state;
    s.timedOut = false;
    const pending = s.received.length > 0 && s.received.length < this.triggerLevel;
    const listened = (s.interruptEnable & IER_RECEIVED) !== 0;
    const wait = tickOfClock(TIMEOUT_BITS * Math.max(s.divisor, 1), BAUD_BASE);
    s.timeoutAt = pending && listened ? this.wires.now() + wait : Number.POSITIVE_INFINITY;
  }

  private get triggerLevel(): number {
    return this.hasFifo ? TRIGGER_LEVELS[this.state.fifoControl >>> 6]! : 1;
  }

  /** The most urgent enabled cause of an interrupt. */
  private get cause(): number {
    const s = this.state;
    const enabled = s.interruptEnable;
    if ((enabled & IER_LINE_STATUS) !== 0 && s.overrun) return IIR_LINE_STATUS;
    if ((enabled & IER_RECEIVED) !== 0) {
      if (s.received.length >= this.triggerLevel) return IIR_RECEIVED;
      if (s.timedOut) return IIR_TIMEOUT;
    }
    if ((enabled & IER_TRANSMITTER_EMPTY) !== 0 && s.transmitterEmpty) return IIR_TRANSMITTER_EMPTY;
    return (enabled & IER_MODEM_STATUS) !== 0 && (s.modemStatus & 0x0f) !== 0 ? IIR_MODEM_STATUS : IIR_NONE;
  }

  /** On a PC OUT2 gates the interrupt; in loopback mode the output pins are inactive. */
  private update(): void {
    const gate = (this.state.modemControl & (MCR_OUT2 | MCR_LOOPBACK)) === MCR_OUT2;
    this.wires.interrupt(gate && this.cause !== IIR_NONE);
  }

  private get divisorAccess(): boolean {
    return (this.state.lineControl & LCR_DIVISOR) !== 0;
  }

  read(port: number): number {
    const s = this.state;
    switch (port - BASE) {
      case 0:
        return this.divisorAccess ? s.divisor & 0xff : this.takeByte();
      case 1:
        return this.divisorAccess ? s.divisor >>> 8 : s.interruptEnable;
      case 2:
        return this.identifyInterrupt();
      case 3:
        return s.lineControl;
      case 4:
        return s.modemControl;
      case 5:
        return this.readLineStatus();
      case 6:
        return this.readModemStatus();
      default:
        return s.scratch;
    }
  }

  private takeByte(): number {
    const byte = this.state.received.shift() ?? 0;
    this.fill();
    this.restartTimeout();
    this.update();
    return byte;
  }

  private identifyInterrupt(): number {
    const cause = this.cause;
    if (cause === IIR_TRANSMITTER_EMPTY) {
      this.state.transmitterEmpty = false;
      this.update();
    }
    return cause | (this.hasFifo ? 0xc0 : 0);
  }

  private readLineStatus(): number {
    const s = this.state;
    const status = LSR_TRANSMITTER_EMPTY | (s.received.length > 0 ? LSR_DATA : 0) | (s.overrun ? LSR_OVERRUN : 0);
    if (s.overrun) {
      s.overrun = false;
      this.update();
    }
    return status;
  }

  private readModemStatus(): number {
    const status = this.state.modemStatus;
    if ((status & 0x0f) !== 0) {
      this.state.modemStatus = status & 0xf0;
      this.update();
    }
    return status;
  }

  write(port: number, _size: number, value: number): void {
    const s = this.state;
    switch (port - BASE) {
      case 0:
        if (this.divisorAccess) s.divisor = (s.divisor & 0xff00) | value;
        else this.transmit(value);
        break;
      case 1:
        if (this.divisorAccess) s.divisor = (s.divisor & 0xff) | (value << 8);
        else this.enableInterrupts(value & 0x0f);
        break;
      case 2:
        this.controlFifo(value);
        break;
      case 3:
        s.lineControl = value;
        break;
      case 4:
        this.controlModem(value & 0x1f);
        break;
      case 7:
        s.scratch = value;
        break;
      default:
        break;
    }
  }

  private transmit(value: number): void {
    const s = this.state;
    if ((s.modemControl & MCR_LOOPBACK) === 0) this.wires.send(value);
    else if (s.received.length < (this.hasFifo ? FIFO_SIZE : 1)) {
      s.received.push(value);
      this.restartTimeout();
    } else {
      s.overrun = true;
      if (!this.hasFifo) s.received[0] = value;
    }
    s.transmitterEmpty = true;
    this.update();
  }

  /** Enabling the transmitter's interrupt while it is empty raises it. */
  private enableInterrupts(enable: number): void {
    const s = this.state;
    if ((enable & ~s.interruptEnable & IER_TRANSMITTER_EMPTY) !== 0) s.transmitterEmpty = true;
    s.interruptEnable = enable;
    this.restartTimeout();
    this.update();
  }

  /** Turning the FIFOs on or off empties them. */
  private controlFifo(value: number): void {
    const s = this.state;
    const toggled = ((value ^ s.fifoControl) & FCR_ENABLE) !== 0;
    if (toggled || (value & FCR_CLEAR_RECEIVER) !== 0) s.received.length = 0;
    s.fifoControl = (value & FCR_ENABLE) !== 0 ? value & 0xc9 : 0;
    this.fill();
    this.restartTimeout();
    this.update();
  }

  /** In loopback mode the modem outputs come back as inputs. */
  private controlModem(value: number): void {
    const s = this.state;
    s.modemControl = value;
    let lines = CONNECTED;
    if ((value & MCR_LOOPBACK) !== 0)
      lines = ((value & 2) << 3) | ((value & 1) << 5) | ((value & 4) << 4) | ((value & 8) << 4);
    const changed = (lines ^ s.modemStatus) >>> 4;
    // The ring indicator counts only when it goes away.
    const ringEnded = (s.modemStatus & ~lines & 0x40) !== 0 ? 4 : 0;
    s.modemStatus = lines | (s.modemStatus & 0x0f) | (changed & 0x0b) | ringEnded;
    this.fill();
    this.update();
  }
}
