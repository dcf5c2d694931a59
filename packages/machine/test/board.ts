import type { InterruptMessage } from "@hvdiff/cpu";
import { Pc } from "../src/pc.ts";

/** A PC without processors: its time is set by hand, and what it asks of its host is written down. */
export class Board {
  time = 0;
  interrupt = false;
  readonly messages: InterruptMessage[] = [];
  readonly events: string[] = [];
  readonly pc = new Pc({
    now: () => this.time,
    interruptLine: (asserted) => {
      this.interrupt = asserted;
    },
    deliverMessage: (message) => this.messages.push(message),
    deadlineChanged: () => {},
    exited: () => this.events.push("exit"),
    resetRequested: (kind) => this.events.push(`reset ${kind}`),
    powerOff: () => this.events.push("power-off"),
    suspended: () => this.events.push("suspended"),
    serialLine: (line) => this.events.push(`line ${line}`),
  });

  in(port: number, size = 1): number {
    return this.pc.readPort(port, size);
  }

  out(port: number, value: number, size = 1): void {
    this.pc.writePort(port, size, value);
  }

  /** Writes bytes to one port after another. */
  outs(...writes: readonly (readonly [port: number, value: number])[]): void {
    for (const [port, value] of writes) this.out(port, value);
  }

  /** Lets time pass up to `time`, stopping at each deadline. */
  runTo(time: number): void {
    while (this.pc.deadline <= time) {
      this.time = this.pc.deadline;
      this.pc.advanceTo(this.time);
    }
    this.time = time;
  }

  /** Initializes the 8259s as every system does, with everything masked but `unmasked`. */
  initializePics(unmasked: number): void {
    this.outs([0x20, 0x11], [0x21, 0x20], [0x21, 0x04], [0x21, 0x01]);
    this.outs([0xa0, 0x11], [0xa1, 0x28], [0xa1, 0x02], [0xa1, 0x01]);
    this.outs([0x21, ~unmasked & 0xff], [0xa1, (~unmasked >>> 8) & 0xff]);
  }

  /** Drives an interrupt line through the test device. */
  line(line: number, asserted: boolean): void {
    this.out(0x2000 + line, asserted ? 1 : 0);
  }

  pulse(line: number): void {
    this.line(line, true);
    this.line(line, false);
  }

  /** Takes a pending interrupt as a processor does. */
  acknowledge(): number {
    return this.pc.acknowledgeInterrupt();
  }

  readIoApic(index: number): number {
    this.pc.writeMemory(0xfec00000, 4, index);
    return this.pc.readMemory(0xfec00010, 4) >>> 0;
  }

  writeIoApic(index: number, value: number): void {
    this.pc.writeMemory(0xfec00000, 4, index);
    this.pc.writeMemory(0xfec00010, 4, value);
  }

  readPci(address: number): number {
    this.out(0xcf8, 0x80000000 | address, 4);
    return this.in(0xcfc, 4);
  }

  writePci(address: number, value: number): void {
    this.out(0xcf8, 0x80000000 | address, 4);
    this.out(0xcfc, value, 4);
  }

  readCmos(index: number): number {
    this.out(0x70, index);
    return this.in(0x71);
  }

  writeCmos(index: number, value: number): void {
    this.outs([0x70, index], [0x71, value]);
  }
}
