import type { Bus } from "@hvdiff/cpu";
import { DebugConsole, DebugExit, QuietPorts } from "./devices/debug-ports.ts";
import type { Device } from "./devices/device.ts";
import { Pic8259 } from "./devices/pic-8259.ts";
import { Pit8254 } from "./devices/pit-8254.ts";
import { Uart16550 } from "./devices/uart-16550.ts";

/** What a PC needs from whoever owns it: a machine on metal, an L0 or its VMM otherwise. */
export interface PcHost {
  /** Guest time in ticks. */
  now(): number;
  /** The interrupt controller's output changed. */
  interruptLine(asserted: boolean): void;
  /** A device will act by itself at another time than before. */
  deadlineChanged(deadline: number): void;
  /** The guest has asked for the end of the run. */
  exited(): void;
  /** A line of serial output is complete. */
  serialLine(line: string): void;
}

/** What a guest left behind on its PC. */
export interface GuestOutput {
  readonly serial: string;
  readonly debug: string;
  /** -1: it did not leave through the exit port. */
  readonly exitCode: number;
  /** There was more serial output than is kept. */
  readonly truncated: boolean;
}

export function guestOutput(pc: Pc): GuestOutput {
  const { serial, debug, truncated } = pc.output;
  return { serial, debug, exitCode: pc.exit.state.code, truncated };
}

const MAX_SERIAL = 4 * 1024 * 1024;

/**
 * The device models of one small PC. On metal there is one, owned by the machine; under an L0 the guest's PC is a second instance that
 * the L0 owns, with the same models.
 */
export class Pc implements Bus {
  readonly pic: Pic8259;
  readonly pit: Pit8254;
  readonly exit: DebugExit;
  readonly output: { serial: string; debug: string; line: string; truncated: boolean } = {
    serial: "",
    debug: "",
    line: "",
    truncated: false,
  };
  private readonly devices: readonly Device[];
  private readonly byPort = new Map<number, Device>();
  private readonly host: PcHost;

  constructor(host: PcHost) {
    this.host = host;
    this.exit = new DebugExit(() => host.exited());
    this.pic = new Pic8259((asserted) => host.interruptLine(asserted));
    this.pit = new Pit8254(
      () => host.now(),
      (deadline) => host.deadlineChanged(deadline),
    );
    const uart = new Uart16550((byte) => this.serialByte(byte));
    const console = new DebugConsole((byte) => this.debugByte(byte));
    this.devices = [uart, console, this.exit, this.pic, this.pit, new QuietPorts()];
    for (const device of this.devices) {
      for (const [from, to] of device.ports) for (let port = from; port <= to; port++) this.byPort.set(port, device);
    }
  }

  private serialByte(byte: number): void {
    const out = this.output;
    if (out.serial.length >= MAX_SERIAL) {
      out.truncated = true;
      return;
    }
    const character = String.fromCharCode(byte);
    out.serial += character;
    if (character === "\n") {
      this.host.serialLine(out.line);
      out.line = "";
    } else if (character !== "\r") out.line += character;
  }

  private debugByte(byte: number): void {
    if (this.output.debug.length < MAX_SERIAL) this.output.debug += String.fromCharCode(byte);
  }

  readPort(port: number, size: number): number {
    const device = this.byPort.get(port);
    const mask = size === 4 ? 0xffffffff : (1 << (size * 8)) - 1;
    return device === undefined ? mask >>> 0 : (device.read(port, size) & mask) >>> 0;
  }

  writePort(port: number, size: number, value: number): void {
    this.byPort.get(port)?.write(port, size, value);
  }

  acknowledgeInterrupt(): number {
    return this.pic.acknowledge();
  }

  /** Tick of the next thing a device does by itself. */
  get deadline(): number {
    return this.pit.deadline;
  }

  /** Lets devices act on the time that has passed. */
  advanceTo(time: number): void {
    while (this.pit.takeInterrupt(time)) {
      this.pic.setLine(0, false);
      this.pic.setLine(0, true);
    }
  }

  /** Copies the device states of another PC of the same build. */
  copyFrom(other: Pc): void {
    this.devices.forEach((device, at) => {
      Object.assign(device.state, structuredClone(other.devices[at]!.state));
    });
    Object.assign(this.output, other.output);
  }
}
