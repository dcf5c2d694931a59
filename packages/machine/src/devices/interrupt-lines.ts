import type { IoApic } from "./io-apic.ts";
import type { Pic8259 } from "./pic-8259.ts";

const ISA_LINES = 16;
/** Pin of the I/O APIC that interrupt line 0 leads to; the MADT tells software so. */
export const TIMER_PIN = 2;

/**
 * The interrupt lines of a PC: 0-15 lead to the 8259s and to the I/O APIC, 16-23 to the I/O APIC alone. A line carries "asserted", not a
 * voltage: what polarity software programs makes no difference.
 */
export class InterruptLines {
  private readonly pic: Pic8259;
  private readonly ioApic: IoApic;

  constructor(pic: Pic8259, ioApic: IoApic) {
    this.pic = pic;
    this.ioApic = ioApic;
  }

  set(line: number, asserted: boolean): void {
    if (line < ISA_LINES) this.pic.setLine(line, asserted);
    this.ioApic.setPin(line === 0 ? TIMER_PIN : line, asserted);
  }

  /** Deasserts and asserts: an edge. */
  pulse(line: number): void {
    this.set(line, false);
    this.set(line, true);
  }

  /** Whether an edge on the line could reach a processor as things are programmed. */
  isHeard(line: number): boolean {
    return (line < ISA_LINES && this.pic.hears(line)) || this.ioApic.hears(line === 0 ? TIMER_PIN : line);
  }
}
