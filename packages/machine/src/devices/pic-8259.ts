import type { Device } from "./device.ts";

interface Chip {
  /** Edges that wait. */
  latched: number;
  /** Lines that are asserted. */
  lines: number;
  /** Lines that are level triggered (ELCR). */
  level: number;
  isr: number;
  imr: number;
  vectorBase: number;
  /** Initialization command word that is expected next; 0 when initialized. */
  expects: 0 | 2 | 3 | 4;
  single: boolean;
  needsIcw4: boolean;
  autoEoi: boolean;
  rotateOnAutoEoi: boolean;
  /** Input with the lowest priority; the next one has the highest. */
  lowest: number;
  specialMask: boolean;
  fullyNested: boolean;
  readIsr: boolean;
  poll: boolean;
}

const CASCADE = 1 << 2;
const NOTHING = 8;
/** Lines that may be made level triggered: not the timer, the keyboard, the cascade, the RTC and the FPU. */
const ELCR_WRITABLE = 0xdef8;

function createChip(vectorBase: number): Chip {
  return {
    latched: 0,
    lines: 0,
    level: 0,
    isr: 0,
    imr: 0xff,
    vectorBase,
    expects: 0,
    single: false,
    needsIcw4: false,
    autoEoi: false,
    rotateOnAutoEoi: false,
    lowest: 7,
    specialMask: false,
    fullyNested: false,
    readIsr: false,
    poll: false,
  };
}

/** Rank of the most urgent input in the mask, 0 before 7; `NOTHING` if it is empty. */
function rankOf(mask: number, lowest: number): number {
  if (mask === 0) return NOTHING;
  const rotated = ((mask >>> (lowest + 1)) | (mask << (7 - lowest))) & 0xff;
  return 31 - Math.clz32(rotated & -rotated);
}

function inputAt(rank: number, lowest: number): number {
  return (rank + lowest + 1) & 7;
}

/**
 * The PC's two cascaded 8259 interrupt controllers with the ELCR ports. An edge stays latched when its line drops before it is
 * acknowledged, as in the chip sets and unlike the first 8259.
 */
export class Pic8259 implements Device {
  readonly ports = [
    [0x20, 0x21],
    [0xa0, 0xa1],
    [0x4d0, 0x4d1],
  ] as const;
  readonly state = { master: createChip(0x08), slave: createChip(0x70) };
  private readonly lineChanged: (asserted: boolean) => void;

  /** @param lineChanged told whenever the INTR output may have changed */
  constructor(lineChanged: (asserted: boolean) => void) {
    this.lineChanged = lineChanged;
  }

  /** Drives interrupt line 0-15. */
  setLine(irq: number, asserted: boolean): void {
    const chip = irq < 8 ? this.state.master : this.state.slave;
    const bit = 1 << (irq & 7);
    if (asserted && (chip.lines & bit) === 0) chip.latched |= bit & ~chip.level;
    chip.lines = asserted ? chip.lines | bit : chip.lines & ~bit;
    this.lineChanged(this.asserted);
  }

  /** Whether an edge on the line would change anything: it does not wait already, and neither it nor the cascade before it is masked. */
  hears(irq: number): boolean {
    const { master, slave } = this.state;
    if (irq < 8) return ((master.imr | master.latched) & (1 << irq)) === 0;
    return ((master.imr & CASCADE) | ((slave.imr | slave.latched) & (1 << (irq & 7)))) === 0;
  }

  /** Whether INTR is asserted. */
  get asserted(): boolean {
    return this.pendingOf(this.state.master) < NOTHING;
  }

  private requestsOf(chip: Chip): number {
    const requests = chip.latched | (chip.lines & chip.level);
    if (chip === this.state.slave) return requests;
    return this.pendingOf(this.state.slave) < NOTHING ? requests | CASCADE : requests & ~CASCADE;
  }

  /** Rank of the request that the chip would pass on. */
  private pendingOf(chip: Chip): number {
    if (chip.expects !== 0) return NOTHING;
    const rank = rankOf(this.requestsOf(chip) & ~chip.imr, chip.lowest);
    let serviced = chip.isr;
    if (chip.specialMask) serviced &= ~chip.imr;
    if (chip.fullyNested && chip === this.state.master) serviced &= ~CASCADE;
    return rank < rankOf(serviced, chip.lowest) ? rank : NOTHING;
  }

  /** INTA: vector of the highest request, which becomes in service; spurious 7 when nothing is there any more. */
  acknowledge(): number {
    const { master, slave } = this.state;
    let vector = master.vectorBase + 7;
    const rank = this.pendingOf(master);
    if (rank < NOTHING) {
      const input = inputAt(rank, master.lowest);
      const cascaded = 1 << input === CASCADE;
      vector = cascaded ? this.acknowledgeSlave(slave) : master.vectorBase + input;
      this.take(master, input);
    }
    this.lineChanged(this.asserted);
    return vector;
  }

  private acknowledgeSlave(slave: Chip): number {
    const rank = this.pendingOf(slave);
    if (rank === NOTHING) return slave.vectorBase + 7;
    const input = inputAt(rank, slave.lowest);
    this.take(slave, input);
    return slave.vectorBase + input;
  }

  private take(chip: Chip, input: number): void {
    chip.latched &= ~(1 << input);
    if (!chip.autoEoi) chip.isr |= 1 << input;
    else if (chip.rotateOnAutoEoi) chip.lowest = input;
  }

  read(port: number): number {
    const chip = this.chipAt(port);
    if (port >= 0x4d0) return chip.level;
    if (chip.poll) return this.pollOnce(chip);
    if ((port & 1) !== 0) return chip.imr;
    return chip.readIsr ? chip.isr : this.requestsOf(chip);
  }

  private chipAt(port: number): Chip {
    const onSlave = port === 0x4d1 || port === 0xa0 || port === 0xa1;
    return onSlave ? this.state.slave : this.state.master;
  }

  /** A poll is an acknowledgment by a read. */
  private pollOnce(chip: Chip): number {
    chip.poll = false;
    const rank = this.pendingOf(chip);
    if (rank === NOTHING) return 0;
    const input = inputAt(rank, chip.lowest);
    this.take(chip, input);
    this.lineChanged(this.asserted);
    return 0x80 | input;
  }

  write(port: number, _size: number, value: number): void {
    const chip = this.chipAt(port);
    if (port >= 0x4d0) this.setTriggering(chip, value & (ELCR_WRITABLE >>> ((port & 1) * 8)) & 0xff);
    else if ((port & 1) !== 0) this.data(chip, value);
    else if ((value & 0x10) !== 0) this.initialize(chip, value);
    else if ((value & 0x08) !== 0) this.operationWord3(chip, value);
    else this.operationWord2(chip, value);
    this.lineChanged(this.asserted);
  }

  private setTriggering(chip: Chip, level: number): void {
    chip.level = level;
    chip.latched &= ~level;
  }

  private initialize(chip: Chip, value: number): void {
    const { lines, level, vectorBase } = chip;
    Object.assign(chip, createChip(vectorBase), { lines, level, imr: 0 });
    chip.single = (value & 2) !== 0;
    chip.needsIcw4 = (value & 1) !== 0;
    chip.expects = 2;
  }

  private data(chip: Chip, value: number): void {
    if (chip.expects === 0) chip.imr = value;
    else if (chip.expects === 2) {
      chip.vectorBase = value & 0xf8;
      chip.expects = chip.single ? this.behindIcw3(chip) : 3;
    } else if (chip.expects === 3) chip.expects = this.behindIcw3(chip);
    else {
      chip.fullyNested = (value & 0x10) !== 0;
      chip.autoEoi = (value & 2) !== 0;
      chip.expects = 0;
    }
  }

  private behindIcw3(chip: Chip): 0 | 4 {
    return chip.needsIcw4 ? 4 : 0;
  }

  /** Poll, special mask, which register is read. */
  private operationWord3(chip: Chip, value: number): void {
    if ((value & 0x40) !== 0) chip.specialMask = (value & 0x20) !== 0;
    if ((value & 0x04) !== 0) chip.poll = true;
    else if ((value & 0x02) !== 0) chip.readIsr = (value & 1) !== 0;
  }

  /** End of interrupt and rotation. */
  private operationWord2(chip: Chip, value: number): void {
    const rotate = (value & 0x80) !== 0;
    const specific = (value & 0x40) !== 0;
    const endOfInterrupt = (value & 0x20) !== 0;
    const input = specific ? value & 7 : this.inputToEnd(chip);
    if (endOfInterrupt) {
      if (input === NOTHING) return;
      chip.isr &= ~(1 << input);
      if (rotate) chip.lowest = input;
    } else if (!specific) chip.rotateOnAutoEoi = rotate;
    else if (rotate) chip.lowest = input;
  }

  /** What a non-specific EOI ends: the most urgent input in service, but none that a special mask hides. */
  private inputToEnd(chip: Chip): number {
    const serviced = chip.specialMask ? chip.isr & ~chip.imr : chip.isr;
    const rank = rankOf(serviced, chip.lowest);
    return rank === NOTHING ? NOTHING : inputAt(rank, chip.lowest);
  }
}
