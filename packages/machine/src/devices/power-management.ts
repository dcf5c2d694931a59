import { clockAt, tickOfClock } from "../time.ts";
import { readLanes, type TimedDevice, writeLanes } from "./device.ts";

/** First port of the power management block, as a PC's firmware places it. */
export const PM_BASE = 0x600;
/** General purpose events. */
export const GPE_BASE = 0xafe0;
/** Bytes of status and enable registers there. */
export const GPE_BYTES = 4;
/** The APM control port, which hands ACPI over to the system and takes it back. */
export const APM_PORT = 0xb2;
/** What to write there. */
export const ACPI_ENABLE = 0xf1;
export const ACPI_DISABLE = 0xf0;

const STATUS = PM_BASE;
const CONTROL = PM_BASE + 4;
const TIMER = PM_BASE + 8;

const TIMER_HERTZ = 3_579_545;
const TIMER_BITS = 24;

const TIMER_STATUS = 1 << 0;
const RTC_STATUS = 1 << 10;
const WAKE_STATUS = 1 << 15;
const STATUS_BITS = 0x8d31;
const ENABLE_BITS = 0x0521;
const SCI_ENABLE = 1;
const SLEEP_ENABLE = 1 << 13;
const CONTROL_BITS = 0x1c07;

/** Values of the sleep type field, as the DSDT tells them. */
export const SLEEP_TYPES = { s5: 0, s3: 1, s4: 2 } as const;

/** What power management is wired to. */
export interface PowerWires {
  /** Guest time in ticks. */
  now(): number;
  /** The system control interrupt. */
  interrupt(asserted: boolean): void;
  powerOff(): void;
  /** Sleep with memory kept. */
  suspend(): void;
  /** The sleep is over. */
  wake(): void;
}

/** ACPI power management as in the PIIX4: PM1 event and control registers, the PM timer, general purpose events, and the APM ports. */
export class PowerManagement implements TimedDevice {
  readonly ports = [
    [PM_BASE, PM_BASE + 0x0b, 4],
    [GPE_BASE, GPE_BASE + GPE_BYTES - 1, 4],
    [APM_PORT, APM_PORT + 1, 1],
  ] as const;
  readonly state = {
    status: 0,
    enable: 0,
    control: 0,
    gpe: 0,
    apm: 0,
    asleep: false,
    /** Tick of the PM timer's next carry. */
    carryAt: tickOfClock(2 ** (TIMER_BITS - 1), TIMER_HERTZ),
  };
  private readonly wires: PowerWires;

  constructor(wires: PowerWires) {
    this.wires = wires;
  }

  get deadline(): number {
    const { enable, status, control } = this.state;
    const heard = (enable & ~status & TIMER_STATUS) !== 0 && (control & SCI_ENABLE) !== 0;
    return heard ? this.state.carryAt : Number.POSITIVE_INFINITY;
  }

  advanceTo(time: number): void {
    if (time >= this.deadline) this.catchUp(time);
  }

  /** The timer's highest bit changes every 2^23 clocks and sets the timer status. */
  private catchUp(time: number): void {
    const { state } = this;
    if (time < state.carryAt) return;
    const carries = Math.floor(clockAt(time, TIMER_HERTZ) / 2 ** (TIMER_BITS - 1));
    state.carryAt = tickOfClock((carries + 1) * 2 ** (TIMER_BITS - 1), TIMER_HERTZ);
    state.status |= TIMER_STATUS;
    this.update();
  }

  /** The RTC has asserted its interrupt. */
  rtcAlarm(): void {
    const { state } = this;
    state.status |= RTC_STATUS;
    if (state.asleep && (state.enable & RTC_STATUS) !== 0) this.wakeUp();
    this.update();
  }

  private wakeUp(): void {
    this.state.asleep = false;
    this.state.status |= WAKE_STATUS;
    this.wires.wake();
  }

  private update(): void {
    const { status, enable, control } = this.state;
    this.wires.interrupt((control & SCI_ENABLE) !== 0 && (status & enable & ENABLE_BITS) !== 0);
  }

  read(port: number, size: number): number {
    this.catchUp(this.wires.now());
    const { state } = this;
    if (port >= GPE_BASE) return readLanes(state.gpe, port, size);
    if (port === APM_PORT) return state.apm & 0xff;
    if (port === APM_PORT + 1) return state.apm >>> 8;
    return readLanes(this.registerAt(port & ~3), port, size);
  }

  private registerAt(port: number): number {
    const { state } = this;
    if (port === STATUS) return state.status | (state.enable << 16);
    if (port === CONTROL) return state.control;
    return port === TIMER ? clockAt(this.wires.now(), TIMER_HERTZ) % 2 ** TIMER_BITS : 0;
  }

  write(port: number, size: number, value: number): void {
    this.catchUp(this.wires.now());
    if (port >= GPE_BASE) this.writeEvents(port, size, value);
    else if (port === APM_PORT) this.apmCommand(value);
    else if (port === APM_PORT + 1) this.state.apm = (this.state.apm & 0xff) | (value << 8);
    else if ((port & ~3) === STATUS) this.writeStatus(port, size, value);
    else if ((port & ~3) === CONTROL) this.writeControl(writeLanes(this.state.control, port, size, value));
    this.update();
  }

  /** Status bits are cleared by writing ones. */
  private writeStatus(port: number, size: number, value: number): void {
    const { state } = this;
    state.status &= ~(writeLanes(0, port, size, value) & STATUS_BITS);
    state.enable = (writeLanes(state.enable << 16, port, size, value) >>> 16) & ENABLE_BITS;
  }

  private writeEvents(port: number, size: number, value: number): void {
    const status = this.state.gpe & 0xffff & ~writeLanes(0, port, size, value);
    this.state.gpe = status | (writeLanes(this.state.gpe, port, size, value) & 0xffff0000);
  }

  private apmCommand(value: number): void {
    const { state } = this;
    state.apm = (state.apm & 0xff00) | value;
    if (value === ACPI_ENABLE) state.control |= SCI_ENABLE;
    else if (value === ACPI_DISABLE) state.control &= ~SCI_ENABLE;
  }

  private writeControl(value: number): void {
    const { state } = this;
    state.control = value & CONTROL_BITS;
    if ((value & SLEEP_ENABLE) === 0) return;
    const type = (value >>> 10) & 7;
    if (type === SLEEP_TYPES.s5 || type === SLEEP_TYPES.s4) this.wires.powerOff();
    else if (type === SLEEP_TYPES.s3) {
      state.asleep = true;
      this.wires.suspend();
      if ((state.status & state.enable & RTC_STATUS) !== 0) this.wakeUp();
    }
  }
}
