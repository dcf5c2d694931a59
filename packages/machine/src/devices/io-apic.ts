import { DELIVERY, type InterruptMessage, type MmioHandler } from "@hvdiff/cpu";
import { type MmioRange, readLanes, writeLanes } from "./device.ts";

/** Number of interrupt inputs. */
export const IO_APIC_PINS = 24;
/** Physical address of its registers. */
export const IO_APIC_BASE = 0xfec00000;
const PAGE = 4096;

/** The version that has the EOI register. */
const VERSION = 0x20;

const REGISTER_SELECT = 0x00;
const REGISTER_WINDOW = 0x10;
const REGISTER_EOI = 0x40;

const INDEX_ID = 0;
const INDEX_VERSION = 1;
const INDEX_ARBITRATION = 2;
const INDEX_ENTRIES = 0x10;

const ID_MASK = 0x0f000000;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
const LOGICAL = 1 << 11;
/** Delivery status and remote IRR are the chip's own. */
const WRITABLE_LOW = 0x1afff;
const WRITABLE_HIGH = 0xff000000;

/** An I/O APIC: turns interrupt lines into messages to local APICs, as its redirection entries say. */
export class IoApic implements MmioHandler {
  readonly state = {
    select: 0,
    id: 0,
    /** Redirection entries, low and high halves. */
    low: new Array<number>(IO_APIC_PINS).fill(MASKED),
    high: new Array<number>(IO_APIC_PINS).fill(0),
    /** Pins that are asserted. */
    lines: 0,
  };
  readonly range: MmioRange = { base: IO_APIC_BASE, size: PAGE, handler: this };
  private readonly deliver: (message: InterruptMessage) => void;
  private readonly changed: () => void;

  /** @param changed is told of each entry that is written */
  constructor(deliver: (message: InterruptMessage) => void, changed: () => void = () => {}) {
    this.deliver = deliver;
    this.changed = changed;
  }

  /** Vectors of level-triggered entries, masked ones included. */
  levelTriggeredVectors(): number[] {
    return this.state.low.filter((entry) => this.isLevel(entry)).map((entry) => entry & 0xff);
  }

  /** Whether the pin is not masked. */
  hears(pin: number): boolean {
    return (this.state.low[pin]! & MASKED) === 0;
  }

  /** Drives an input. An edge on a masked pin is lost; a level counts when it is unmasked. */
  setPin(pin: number, asserted: boolean): void {
    const { state } = this;
    const bit = 1 << pin;
    const rose = asserted && (state.lines & bit) === 0;
    state.lines = asserted ? state.lines | bit : state.lines & ~bit;
    const entry = state.low[pin]!;
    if ((entry & MASKED) !== 0) return;
    if (this.isLevel(entry)) this.serveLevel(pin);
    else if (rose) this.send(pin, false);
  }

  /** The other delivery modes are edge triggered whatever the entry says. */
  private isLevel(entry: number): boolean {
    const mode = (entry >>> 8) & 7;
    return (entry & LEVEL) !== 0 && (mode === DELIVERY.fixed || mode === DELIVERY.lowestPriority);
  }

  private serveLevel(pin: number): void {
    const { state } = this;
    const entry = state.low[pin]!;
    if ((state.lines & (1 << pin)) === 0 || (entry & (MASKED | REMOTE_IRR)) !== 0 || !this.isLevel(entry)) return;
    state.low[pin] = entry | REMOTE_IRR;
    this.send(pin, true);
  }

  private send(pin: number, levelTriggered: boolean): void {
    const low = this.state.low[pin]!;
    this.deliver({
      vector: low & 0xff,
      deliveryMode: (low >>> 8) & 7,
      destination: this.state.high[pin]! >>> 24,
      logical: (low & LOGICAL) !== 0,
      levelTriggered,
    });
  }

  /** A local APIC has ended a level-triggered interrupt: pins with that vector may ask again, and do if they are still asserted. */
  endOfInterrupt(vector: number): void {
    const { low } = this.state;
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const entry = low[pin]!;
      if ((entry & 0xff) !== vector || (entry & (LEVEL | REMOTE_IRR)) !== (LEVEL | REMOTE_IRR)) continue;
      low[pin] = entry & ~REMOTE_IRR;
      this.serveLevel(pin);
    }
  }

  read(offset: number, size: number): number {
    const register = offset & 0xffc;
    if (register === REGISTER_SELECT) return readLanes(this.state.select, offset, size);
    return register === REGISTER_WINDOW ? readLanes(this.readIndexed(), offset, size) : 0;
  }

  write(offset: number, size: number, value: number): void {
    const register = offset & 0xffc;
    if (register === REGISTER_SELECT) this.state.select = writeLanes(this.state.select, offset, size, value) & 0xff;
    else if (register === REGISTER_WINDOW) this.writeIndexed(writeLanes(this.readIndexed(), offset, size, value));
    else if (register === REGISTER_EOI && (offset & 3) === 0) this.endOfInterrupt(value & 0xff);
  }

  private readIndexed(): number {
    const { select, id, low, high } = this.state;
    if (select === INDEX_ID || select === INDEX_ARBITRATION) return id;
    if (select === INDEX_VERSION) return ((IO_APIC_PINS - 1) << 16) | VERSION;
    const pin = (select - INDEX_ENTRIES) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return 0;
    return (select & 1) !== 0 ? high[pin]! : low[pin]!;
  }

  private writeIndexed(value: number): void {
    const { state } = this;
    const pin = (state.select - INDEX_ENTRIES) >> 1;
    if (state.select === INDEX_ID) state.id = value & ID_MASK;
    else if (pin < 0 || pin >= IO_APIC_PINS) return;
    else if ((state.select & 1) !== 0) state.high[pin] = (value & WRITABLE_HIGH) >>> 0;
    else this.writeEntry(pin, value & WRITABLE_LOW);
  }

  /** Software clears a stuck remote IRR by making the entry edge triggered for a moment. */
  private writeEntry(pin: number, value: number): void {
    const remoteIrr = this.state.low[pin]! & REMOTE_IRR;
    this.state.low[pin] = (value & LEVEL) !== 0 ? value | remoteIrr : value;
    this.changed();
    this.serveLevel(pin);
  }
}
