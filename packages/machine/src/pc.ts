import type { Bus } from "@hvdiff/cpu";
import { CMOS_SHUTDOWN_STATUS, cmosMemory, SHUTDOWN_RESUME } from "./devices/cmos-memory.ts";
import { DebugConsole, DebugExit, ShutdownPort } from "./devices/debug-ports.ts";
import type { Device, MmioRange, TimedDevice } from "./devices/device.ts";
import { FwCfg } from "./devices/fw-cfg.ts";
import { Hpet } from "./devices/hpet.ts";
import { InterruptLines } from "./devices/interrupt-lines.ts";
import { IoApic } from "./devices/io-apic.ts";
import { KeyboardController } from "./devices/keyboard-controller.ts";
import { PciBus } from "./devices/pci-bus.ts";
import { Pic8259 } from "./devices/pic-8259.ts";
import { Pit8254 } from "./devices/pit-8254.ts";
import { PortSpace } from "./devices/port-space.ts";
import { PowerManagement } from "./devices/power-management.ts";
import { RtcMc146818 } from "./devices/rtc-mc146818.ts";
import { SerialOutput } from "./devices/serial-output.ts";
import { FirmwarePort, ResetControl, SystemControlPortA } from "./devices/system-control.ts";
import { SynicTestDevice, TestDevice, TestMemory } from "./devices/test-device.ts";
import { Uart16550 } from "./devices/uart-16550.ts";
import { KeptStates, type SavedPc } from "./kept-states.ts";
import type { PcConfiguration } from "./pc-configuration.ts";
import type { PcHost } from "./pc-host.ts";

const IRQ = { timer: 0, keyboard: 1, com1: 4, rtc: 8, systemControl: 9, mouse: 12 } as const;

/** What a PC says of itself that nobody has described. */
const UNDESCRIBED: PcConfiguration = { processors: 1, memory: 0x100000 };

/**
 * The device models of one PC. On metal there is one, owned by the machine; under an L0 the guest's PC is a second instance that the L0
 * owns, with the same models.
 */
export class Pc implements Bus {
  readonly exit = new DebugExit(() => this.host.exited());
  readonly pic = new Pic8259((asserted) => this.host.interruptLine(asserted));
  readonly output = new SerialOutput((line) => this.host.serialLine(line));
  private readonly now = () => this.host.now();
  readonly ioApic = new IoApic(
    (message) => this.host.deliverMessage(message),
    () => this.host.routesChanged?.(),
  );
  private readonly lines = new InterruptLines(this.pic, this.ioApic);
  private readonly hpet = new Hpet({ now: this.now, setLine: (line, asserted) => this.lines.set(line, asserted) });
  private readonly pit = new Pit8254({
    now: this.now,
    output: (high) => {
      if (!this.hpet.legacy) this.lines.set(IRQ.timer, high);
    },
    isHeard: () => !this.hpet.legacy && this.lines.isHeard(IRQ.timer),
  });
  private readonly rtc = new RtcMc146818({ now: this.now, interrupt: (asserted) => this.rtcInterrupt(asserted) });
  private readonly uart = new Uart16550({
    now: this.now,
    send: (byte) => this.output.serialByte(byte),
    interrupt: this.line(IRQ.com1),
  });
  private readonly power = new PowerManagement({
    now: this.now,
    interrupt: this.line(IRQ.systemControl),
    powerOff: () => this.host.powerOff(),
    suspend: () => {
      this.rtc.setMemory({ [CMOS_SHUTDOWN_STATUS]: SHUTDOWN_RESUME });
      this.host.suspended();
    },
    wake: () => this.host.resetRequested("wake"),
  });
  private readonly pci = new PciBus();
  private readonly fwCfg = new FwCfg(UNDESCRIBED);
  private readonly testMemory = new TestMemory();
  private readonly ports: readonly Device[] = [
    this.pci,
    this.exit,
    this.pic,
    this.pit,
    this.rtc,
    this.uart,
    this.power,
    this.fwCfg,
    new DebugConsole((byte) => this.output.debugByte(byte)),
    new ShutdownPort(() => this.host.powerOff()),
    new TestDevice((line, asserted) => this.lines.set(line, asserted)),
    new KeyboardController({
      keyboardInterrupt: this.line(IRQ.keyboard),
      mouseInterrupt: this.line(IRQ.mouse),
      reset: () => this.host.resetRequested("init"),
    }),
    new SystemControlPortA(() => this.host.resetRequested("init")),
    new ResetControl((kind) => this.host.resetRequested(kind)),
    new SynicTestDevice((value) => this.configuration.synicTestDevice && this.host.synicControl?.(value)),
    new FirmwarePort(() => this.host.resetRequested("boot")),
  ];
  /** Everything that a clone copies. */
  private readonly parts: readonly { readonly state: object }[] = [
    ...this.ports,
    this.output,
    this.ioApic,
    this.hpet,
    this.testMemory,
    this.pci.testDevice,
  ];
  private readonly timed: readonly Pick<TimedDevice, "deadline" | "due" | "advanceTo">[] = [
    this.pit,
    this.rtc,
    this.power,
    this.uart,
    this.hpet,
  ];
  private readonly space = new PortSpace(this.ports, new Set<unknown>([...this.timed, this.pic]), this.pci.portWindow);
  /** When a device next does anything, and anything that a processor could notice. */
  private readonly next = { due: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY };
  /** Memory-mapped registers. */
  readonly mmio: readonly MmioRange[] = [this.ioApic.range, this.hpet.range, this.pci.range, this.testMemory.range].map(
    (range) => this.timely(range),
  );
  private readonly kept = new KeptStates();
  private readonly host: PcHost;
  private configuration = UNDESCRIBED;

  constructor(host: PcHost) {
    this.host = host;
  }

  private line(irq: number): (asserted: boolean) => void {
    return (asserted) => this.lines.set(irq, asserted);
  }

  private rtcInterrupt(asserted: boolean): void {
    if (!this.hpet.legacy) this.lines.set(IRQ.rtc, asserted);
    if (asserted) this.power.rtcAlarm();
  }

  /** Says what PC it is: CMOS, the firmware configuration device and the PCI bus show it. */
  describe(configuration: PcConfiguration): void {
    this.kept.touch();
    this.configuration = configuration;
    this.fwCfg.describe(configuration);
    this.rtc.setMemory(cmosMemory(configuration));
    this.pci.state.hasTestDevice = configuration.pciTestDevice === true;
  }

  /** Input for COM1. */
  receiveSerial(bytes: Iterable<number>): void {
    this.uart.receive(bytes);
    this.announce();
  }

  readPort(port: number, size: number): number {
    this.catchUp();
    const value = this.space.read(port, size);
    if (this.space.scheduled) this.announce();
    return value;
  }

  writePort(port: number, size: number, value: number): void {
    this.catchUp();
    this.space.write(port, size, value);
    if (this.space.scheduled) this.announce();
  }

  /** Reads a device's memory; FF where there is none. */
  readMemory(address: number, size: number): number {
    const range = this.rangeAt(address);
    return range === undefined ? -1 : range.handler.read(address - range.base, size);
  }

  writeMemory(address: number, size: number, value: number): void {
    const range = this.rangeAt(address);
    range?.handler.write(address - range.base, size, value);
  }

  private rangeAt(address: number): MmioRange | undefined {
    return this.mmio.find(({ base, size }) => address >= base && address < base + size);
  }

  /** The same registers, with everything done that was due before an access. */
  private timely({ base, size, handler }: MmioRange): MmioRange {
    return {
      base,
      size,
      handler: {
        read: (offset, bytes) => {
          this.catchUp();
          const value = handler.read(offset, bytes);
          this.announce();
          return value;
        },
        write: (offset, bytes, value) => {
          this.catchUp();
          handler.write(offset, bytes, value);
          this.announce();
        },
      },
    };
  }

  /** Before an access: whatever was due is done. */
  private catchUp(): void {
    this.kept.touch();
    const now = this.host.now();
    if (now >= this.next.due) this.advanceTo(now);
  }

  /** After a change: when something happens next. */
  private schedule(): void {
    let due = Number.POSITIVE_INFINITY;
    let deadline = Number.POSITIVE_INFINITY;
    for (const device of this.timed) {
      deadline = Math.min(deadline, device.deadline);
      due = Math.min(due, device.due ?? device.deadline);
    }
    this.next.due = due;
    this.next.deadline = deadline;
    this.space.scheduled = false;
  }

  private announce(): void {
    this.kept.touch();
    this.schedule();
    this.host.deadlineChanged(this.next.deadline);
  }

  /** INTA: the vector that the 8259s give. */
  acknowledgeInterrupt(): number {
    const vector = this.pic.acknowledge();
    this.announce();
    return vector;
  }

  /** A local APIC tells that a level-triggered interrupt is over. */
  endOfInterrupt(vector: number): void {
    this.kept.touch();
    this.ioApic.endOfInterrupt(vector);
  }

  /** Whether the guest has put the machine to sleep. */
  get asleep(): boolean {
    return this.power.state.asleep;
  }

  /** Tick of the next thing a device does by itself that a processor could notice. */
  get deadline(): number {
    return this.next.deadline;
  }

  /** Lets devices act on the time that has passed. */
  advanceTo(time: number): void {
    if (time < this.next.due) return;
    this.kept.touch();
    for (const device of this.timed) device.advanceTo(time);
    this.schedule();
  }

  /** The PC as it is when it is turned on, but for the clock with its memory, input that waits, and what the guest has written. */
  reset(): void {
    this.kept.touch();
    const fresh = new Pc(this.host);
    fresh.uart.state.waiting.push(...this.uart.state.waiting);
    this.parts.forEach((part, at) => {
      if (part !== this.output && part !== this.rtc) Object.assign(part.state, fresh.parts[at]!.state);
    });
    this.rtc.reset();
    this.host.interruptLine(false);
    this.schedule();
  }

  /** The devices' states; the same object as long as nothing has touched a device. */
  save(): SavedPc {
    return this.kept.save(this.parts);
  }

  restore(saved: SavedPc): void {
    if (this.kept.restore(this.parts, saved)) this.schedule();
  }

  /** Copies the device states of another PC of the same build. */
  copyFrom(other: Pc): void {
    this.describe(other.configuration);
    this.parts.forEach((part, at) => {
      Object.assign(part.state, structuredClone(other.parts[at]!.state));
    });
    this.schedule();
  }
}
