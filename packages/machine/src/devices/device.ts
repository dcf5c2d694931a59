import type { MmioHandler } from "@hvdiff/cpu";

/** Inclusive range of ports; the third number is the widest access in bytes that the device takes whole, 1 where it is left out. */
export type PortRange = readonly [from: number, to: number, width?: 1 | 2 | 4];

/**
 * A port device of the PC. Its `state` is plain data: a clone of the machine copies it and nothing else.
 */
export interface Device {
  readonly state: object;
  readonly ports: readonly PortRange[];
  /** @param size bytes, at most the width of the range */
  read(port: number, size: number): number;
  write(port: number, size: number, value: number): void;
}

/** A device that acts by itself as time passes. */
export interface TimedDevice extends Device {
  /** Tick at which it next does something that a processor could notice without asking; infinity if it will not. */
  readonly deadline: number;
  /** Tick at which it next does anything that another device could notice, where that differs. */
  readonly due?: number;
  /** Does what was due up to `time`. */
  advanceTo(time: number): void;
}

/** Where a device's registers lie in physical memory. */
export interface MmioRange {
  readonly base: number;
  /** A multiple of 4096, as is `base`. */
  readonly size: number;
  readonly handler: MmioHandler;
}

/** The part of a 32-bit register that an access of `size` bytes at `offset` reads. */
export function readLanes(register: number, offset: number, size: number): number {
  const value = register >>> ((offset & 3) * 8);
  return size >= 4 ? value : value & ((1 << (size * 8)) - 1);
}

/** A 32-bit register after a write of `size` bytes at `offset`. */
export function writeLanes(register: number, offset: number, size: number, value: number): number {
  if (size >= 4) return value >>> 0;
  const shift = (offset & 3) * 8;
  const mask = ((1 << (size * 8)) - 1) << shift;
  return ((register & ~mask) | ((value << shift) & mask)) >>> 0;
}
