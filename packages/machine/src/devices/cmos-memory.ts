import { lowRamEnd } from "../memory-map.ts";
import type { PcConfiguration } from "../pc-configuration.ts";

/** CMOS byte that tells firmware what to do after a reset. */
export const CMOS_SHUTDOWN_STATUS = 0x0f;
/** Its value for "resume from sleep". */
export const SHUTDOWN_RESUME = 0xfe;

const KIB = 1024;
const MIB = 0x100000;
const CHUNK = 0x10000;
/** Equipment: an FPU and a mouse, no diskette, no display. */
const EQUIPMENT = 0x06;

function bytesOf(first: number, value: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, at) => [first + at, Math.floor(value / 256 ** at) % 256]);
}

/** The memory sizes and counts that a PC's CMOS holds, by byte. */
export function cmosMemory(configuration: PcConfiguration): Readonly<Record<number, number>> {
  const { memory, processors } = configuration;
  const low = lowRamEnd(memory);
  const extended = Math.min((low - MIB) / KIB, 0xffff);
  const above16 = Math.min(Math.max(low - 16 * MIB, 0) / CHUNK, 0xffff);
  return Object.fromEntries([
    ...bytesOf(0x14, EQUIPMENT, 1),
    ...bytesOf(0x15, 640, 2),
    ...bytesOf(0x17, Math.floor(extended), 2),
    ...bytesOf(0x30, Math.floor(extended), 2),
    ...bytesOf(0x34, Math.floor(above16), 2),
    ...bytesOf(0x5b, Math.floor((memory - low) / CHUNK), 3),
    ...bytesOf(0x5f, processors - 1, 1),
  ]);
}
