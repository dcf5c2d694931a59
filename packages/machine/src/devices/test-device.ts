import type { MmioHandler } from "@hvdiff/cpu";
import { type Device, type MmioRange, readLanes, writeLanes } from "./device.ts";
import { IO_APIC_PINS } from "./io-apic.ts";

const DATA_PORT = 0xe0;
const FLUSH_PORT = 0xe4;
const LINE_PORTS = 0x2000;

/**
 * The ports of the test device that test kernels for QEMU use: four bytes of data at 0xe0 and interrupt lines at 0x2000. The flush port
 * 0xe4 asks for a page to be unmapped on the host for a moment, which no guest can tell.
 */
export class TestDevice implements Device {
  readonly ports = [
    [DATA_PORT, DATA_PORT + 3, 4],
    [FLUSH_PORT, FLUSH_PORT + 3, 4],
    [LINE_PORTS, LINE_PORTS + IO_APIC_PINS - 1, 1],
  ] as const;
  readonly state = { data: 0 };
  private readonly setLine: (line: number, asserted: boolean) => void;

  constructor(setLine: (line: number, asserted: boolean) => void) {
    this.setLine = setLine;
  }

  read(port: number, size: number): number {
    return (port & ~3) === DATA_PORT ? readLanes(this.state.data, port, size) : -1;
  }

  write(port: number, size: number, value: number): void {
    if (port >= LINE_PORTS) this.setLine(port - LINE_PORTS, value !== 0);
    else if ((port & ~3) === DATA_PORT) this.state.data = writeLanes(this.state.data, port, size, value);
  }
}

const MEMORY_BYTES = 0x10000;

/** The test device's memory: reads and writes reach it as device accesses, and it keeps what is written. */
export class TestMemory implements MmioHandler {
  readonly range: MmioRange = { base: 0xff000000, size: MEMORY_BYTES, handler: this };
  /** The bytes are there from the first write on. */
  readonly state: { bytes: Uint8Array | null } = { bytes: null };

  read(offset: number, size: number): number {
    let value = 0;
    for (let at = 0; at < size; at++) value |= (this.state.bytes?.[offset + at] ?? 0) << (at * 8);
    return value >>> 0;
  }

  write(offset: number, size: number, value: number): void {
    this.state.bytes ??= new Uint8Array(MEMORY_BYTES);
    for (let at = 0; at < size; at++) this.state.bytes[offset + at] = value >>> (at * 8);
  }
}

const SYNIC_PORT = 0x3000;
const SYNIC_WIDTH = 4;
const NOTHING = 0xffff_ffff;

/** QEMU's test device for Hyper-V's synthetic interrupts: a port that only takes commands. */
export class SynicTestDevice implements Device {
  readonly ports = [[SYNIC_PORT, SYNIC_PORT + SYNIC_WIDTH - 1, SYNIC_WIDTH]] as const;
  readonly state = {};
  private readonly control: (value: number) => unknown;

  constructor(control: (value: number) => unknown) {
    this.control = control;
  }

  read(): number {
    return NOTHING;
  }

  write(_port: number, _size: number, value: number): void {
    this.control(value);
  }
}
