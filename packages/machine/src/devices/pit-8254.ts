import { TICKS_PER_PIT_CLOCK } from "../time.ts";
import type { Device } from "./device.ts";

interface Channel {
  mode: number;
  /** 1 low byte, 2 high byte, 3 low then high. */
  access: number;
  reload: number;
  /** Tick at which the running count was loaded; negative: not counting. */
  startedAt: number;
  writeHigh: boolean;
  readHigh: boolean;
  latched: number;
  writeLow: number;
}

function createChannel(): Channel {
  return {
    mode: 3,
    access: 3,
    reload: 0x10000,
    startedAt: -1,
    writeHigh: false,
    readHigh: false,
    latched: -1,
    writeLow: 0,
  };
}

/** The 8254 timer: channel 0 raises IRQ 0 (one-shot and periodic modes), channel 2 is there for calibration loops. */
export class Pit8254 implements Device {
  readonly ports = [
    [0x40, 0x43],
    [0x61, 0x61],
  ] as const;
  readonly state = {
    channels: [createChannel(), createChannel(), createChannel()],
    nextInterrupt: Number.POSITIVE_INFINITY,
    port61: 0,
  };
  private readonly now: () => number;
  private readonly deadlineChanged: (deadline: number) => void;

  /**
   * @param now guest time in ticks
   * @param deadlineChanged told the tick of the next IRQ 0 when software changes it
   */
  constructor(now: () => number, deadlineChanged: (deadline: number) => void) {
    this.now = now;
    this.deadlineChanged = deadlineChanged;
  }

  /** Tick of the next IRQ 0; infinity if none is due. */
  get deadline(): number {
    return this.state.nextInterrupt;
  }

  /** Whether IRQ 0 rose at or before `time`; advances to the following period. */
  takeInterrupt(time: number): boolean {
    if (time < this.state.nextInterrupt) return false;
    const channel = this.state.channels[0]!;
    const period = Math.ceil(channel.reload * TICKS_PER_PIT_CLOCK);
    const periodic = channel.mode === 2 || channel.mode === 3;
    this.state.nextInterrupt = periodic ? this.state.nextInterrupt + period : Number.POSITIVE_INFINITY;
    return true;
  }

  private count(channel: Channel): number {
    if (channel.startedAt < 0) return channel.reload & 0xffff;
    const clocks = Math.floor((this.now() - channel.startedAt) / TICKS_PER_PIT_CLOCK);
    return (channel.reload - (clocks % channel.reload)) & 0xffff;
  }

  read(port: number): number {
    if (port === 0x61) return this.readPort61();
    if (port === 0x43) return 0xff;
    const channel = this.state.channels[port - 0x40]!;
    const value = channel.latched >= 0 ? channel.latched : this.count(channel);
    if (channel.access !== 3) {
      channel.latched = -1;
      return channel.access === 1 ? value & 0xff : value >>> 8;
    }
    channel.readHigh = !channel.readHigh;
    if (channel.readHigh) return value & 0xff;
    channel.latched = -1;
    return value >>> 8;
  }

  private readPort61(): number {
    const channel = this.state.channels[2]!;
    const elapsed = channel.startedAt >= 0 && this.now() - channel.startedAt >= channel.reload * TICKS_PER_PIT_CLOCK;
    const refresh = Math.floor(this.now() / (15 * TICKS_PER_PIT_CLOCK)) & 1;
    return (this.state.port61 & 0x0f) | (refresh << 4) | (elapsed ? 0x20 : 0);
  }

  write(port: number, _size: number, value: number): void {
    if (port === 0x61) this.state.port61 = value & 0x0f;
    else if (port === 0x43) this.control(value & 0xff);
    else this.load(port - 0x40, value & 0xff);
  }

  private control(value: number): void {
    if (value >>> 6 === 3) return;
    const channel = this.state.channels[value >>> 6]!;
    const access = (value >>> 4) & 3;
    if (access === 0) {
      channel.latched = this.count(channel);
      return;
    }
    channel.access = access;
    channel.mode = (value >>> 1) & 7 & ((value & 8) !== 0 ? 3 : 7);
    channel.writeHigh = channel.readHigh = false;
    channel.startedAt = -1;
    if (value >>> 6 === 0) this.state.nextInterrupt = Number.POSITIVE_INFINITY;
  }

  private load(index: number, value: number): void {
    const channel = this.state.channels[index]!;
    if (channel.access === 3 && !channel.writeHigh) {
      channel.writeLow = value;
      channel.writeHigh = true;
      return;
    }
    const raw = channel.access === 1 ? value : channel.access === 2 ? value << 8 : channel.writeLow | (value << 8);
    channel.writeHigh = false;
    channel.reload = raw === 0 ? 0x10000 : raw;
    channel.startedAt = this.now();
    if (index !== 0) return;
    this.state.nextInterrupt = channel.startedAt + Math.ceil(channel.reload * TICKS_PER_PIT_CLOCK);
    this.deadlineChanged(this.state.nextInterrupt);
  }
}
