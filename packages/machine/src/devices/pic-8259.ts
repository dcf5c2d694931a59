import type { Device } from "./device.ts";

interface Chip {
  irr: number;
  isr: number;
  imr: number;
  /** Input lines as they are now, for edge detection. */
  lines: number;
  vectorBase: number;
  /** 0: ready, 2-4: the initialization word expected next. */
  initStep: number;
  needsIcw4: boolean;
  autoEoi: boolean;
  readIsr: boolean;
}

function createChip(vectorBase: number): Chip {
  return {
    irr: 0,
    isr: 0,
    imr: 0xff,
    lines: 0,
    vectorBase,
    initStep: 0,
    needsIcw4: false,
    autoEoi: false,
    readIsr: false,
  };
}

function lowestBit(mask: number): number {
  return mask === 0 ? 8 : 31 - Math.clz32(mask & -mask);
}

/** The PC's two cascaded 8259 interrupt controllers, edge triggered. */
export class Pic8259 implements Device {
  readonly ports = [
    [0x20, 0x21],
    [0xa0, 0xa1],
    [0x4d0, 0x4d1],
  ] as const;
  readonly state = { master: createChip(0x08), slave: createChip(0x70), elcr: 0 };
  private readonly lineChanged: (asserted: boolean) => void;

  /** @param lineChanged told whenever the INTR output may have changed */
  constructor(lineChanged: (asserted: boolean) => void) {
    this.lineChanged = lineChanged;
  }

  /** Drives interrupt line 0-15; a rising edge requests. */
  setLine(irq: number, level: boolean): void {
    const chip = irq < 8 ? this.state.master : this.state.slave;
    const bit = 1 << (irq & 7);
    if (level && (chip.lines & bit) === 0) chip.irr |= bit;
    chip.lines = level ? chip.lines | bit : chip.lines & ~bit;
    this.update();
  }

  /** Whether INTR is asserted. */
  get asserted(): boolean {
    return this.pendingOf(this.state.master) < 8;
  }

  private pendingOf(chip: Chip): number {
    const request = lowestBit(chip.irr & ~chip.imr);
    return request < lowestBit(chip.isr) ? request : 8;
  }

  private update(): void {
    const { master, slave } = this.state;
    if (this.pendingOf(slave) < 8) master.irr |= 4;
    else master.irr &= ~4;
    this.lineChanged(this.asserted);
  }

  /** INTA: vector of the highest request, which becomes in service; spurious 7 when nothing is there any more. */
  acknowledge(): number {
    const { master, slave } = this.state;
    const irq = this.pendingOf(master);
    if (irq === 8) return master.vectorBase + 7;
    this.take(master, irq);
    if (irq !== 2) {
      this.update();
      return master.vectorBase + irq;
    }
    const lower = this.pendingOf(slave);
    if (lower < 8) this.take(slave, lower);
    this.update();
    return slave.vectorBase + (lower < 8 ? lower : 7);
  }

  private take(chip: Chip, irq: number): void {
    chip.irr &= ~(1 << irq);
    if (!chip.autoEoi) chip.isr |= 1 << irq;
  }

  read(port: number): number {
    if (port >= 0x4d0) return (this.state.elcr >>> ((port & 1) * 8)) & 0xff;
    const chip = port < 0x80 ? this.state.master : this.state.slave;
    if ((port & 1) !== 0) return chip.imr;
    return chip.readIsr ? chip.isr : chip.irr;
  }

  write(port: number, _size: number, value: number): void {
    if (port >= 0x4d0) return;
    const chip = port < 0x80 ? this.state.master : this.state.slave;
    if ((port & 1) === 0) this.command(chip, value & 0xff);
    else this.data(chip, value & 0xff);
    this.update();
  }

  private command(chip: Chip, value: number): void {
    if ((value & 0x10) !== 0) {
      chip.irr = chip.isr = chip.imr = 0;
      chip.autoEoi = chip.readIsr = false;
      chip.needsIcw4 = (value & 1) !== 0;
      chip.initStep = 2;
    } else if ((value & 0x08) !== 0) {
      if ((value & 2) !== 0) chip.readIsr = (value & 1) !== 0;
    } else if ((value & 0x20) !== 0) {
      const specific = (value & 0x40) !== 0;
      chip.isr &= ~(specific ? 1 << (value & 7) : chip.isr & -chip.isr);
    }
  }

  private data(chip: Chip, value: number): void {
    if (chip.initStep === 2) {
      chip.vectorBase = value & 0xf8;
      chip.initStep = 3;
    } else if (chip.initStep === 3) chip.initStep = chip.needsIcw4 ? 4 : 0;
    else if (chip.initStep === 4) {
      chip.autoEoi = (value & 2) !== 0;
      chip.initStep = 0;
    } else chip.imr = value;
  }
}
