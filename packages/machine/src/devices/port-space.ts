import type { Device } from "./device.ts";

/** Ports that move: where they lie now is asked at each access. */
export interface PortWindow {
  contains(port: number): boolean;
  read(port: number): number;
  write(port: number, value: number): void;
}

interface Claim {
  readonly device: Device;
  readonly last: number;
  readonly width: number;
  readonly scheduling: boolean;
}

const PORTS_MASK = 0xffff;

/**
 * The I/O ports of a PC. An access that is wider than the device, or not aligned for it, becomes one access for each byte, as on an ISA
 * bus; ports that nobody has read as FF and swallow what is written.
 */
export class PortSpace {
  private readonly claims = new Map<number, Claim>();
  private readonly window: PortWindow;
  /** Set by accesses to devices that decide when something happens by itself. */
  scheduled = false;

  /**
   * @param devices a later one takes a port from an earlier one
   * @param scheduling those whose state decides when something happens by itself
   * @param window ports that no device has for good
   */
  constructor(devices: readonly Device[], scheduling: ReadonlySet<unknown>, window: PortWindow) {
    this.window = window;
    for (const device of devices) {
      for (const [from, last, width = 1] of device.ports) {
        const claim = { device, last, width, scheduling: scheduling.has(device) };
        for (let port = from; port <= last; port++) this.claims.set(port, claim);
      }
    }
  }

  private wholeAt(port: number, size: number): Device | null {
    const claim = this.claims.get(port);
    if (claim === undefined || !takesWhole(claim, port, size)) return null;
    if (claim.scheduling) this.scheduled = true;
    return claim.device;
  }

  /** Reads `size` bytes as an unsigned number. */
  read(port: number, size: number): number {
    const device = this.wholeAt(port, size);
    if (device !== null) return cut(device.read(port, size), size);
    if (size === 1) return this.window.contains(port) ? this.window.read(port) : 0xff;
    let value = 0;
    for (let at = 0; at < size; at++) value |= this.read((port + at) & PORTS_MASK, 1) << (at * 8);
    return value >>> 0;
  }

  write(port: number, size: number, value: number): void {
    const device = this.wholeAt(port, size);
    if (device !== null) device.write(port, size, cut(value, size));
    else if (size === 1) {
      if (this.window.contains(port)) this.window.write(port, value & 0xff);
    } else for (let at = 0; at < size; at++) this.write((port + at) & PORTS_MASK, 1, value >>> (at * 8));
  }
}

function takesWhole(claim: Claim, port: number, size: number): boolean {
  return (port & (claim.width - 1)) + size <= claim.width && port + size - 1 <= claim.last;
}

function cut(value: number, size: number): number {
  return size === 4 ? value >>> 0 : value & ((1 << (size * 8)) - 1);
}
