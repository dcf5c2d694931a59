const KIB = 1024;
const MIB = 0x100000;
const FOUR_GIB = 0x1_0000_0000;

/** Where RAM ends below 640 KiB for software: the extended BIOS data area is behind it. */
export const CONVENTIONAL_END = 0x9fc00;
const LOW_RAM_END = 0xa0000;
const HIGH_RAM_START = MIB;
/** The last 128 KiB below 1 MiB belong to firmware: ACPI's root pointer is looked for there. */
export const FIRMWARE_START = 0xe0000;
/** The flash part that the reset vector lies in. */
const FLASH_START = 0xfffc_0000;

/** RAM of this size and above is split: the addresses from 3 GiB to 4 GiB are devices'. */
const SPLIT_FROM = 3584 * MIB;
const SPLIT_AT = 3072 * MIB;

/** A range of RAM. */
export interface RamRange {
  readonly base: number;
  readonly size: number;
}

/** A line of the map that firmware gives: usable RAM (type 1) or reserved (type 2). (ACPI "System Address Map Interfaces") */
export interface MemoryMapEntry extends RamRange {
  readonly type: 1 | 2;
}

/** First address behind the RAM below 4 GiB. */
export function lowRamEnd(size: number): number {
  return size < SPLIT_FROM ? size : SPLIT_AT;
}

/** Where a PC with so many bytes of RAM has it: below 640 KiB, from 1 MiB, and what is left of it from 4 GiB. */
export function ramRanges(size: number): RamRange[] {
  const end = lowRamEnd(size);
  const ranges = [
    { base: 0, size: LOW_RAM_END },
    { base: HIGH_RAM_START, size: end - HIGH_RAM_START },
  ];
  return size > end ? [...ranges, { base: FOUR_GIB, size: size - end }] : ranges;
}

/** The ROM's last part, which holds the reset vector. */
export const HIGH_ROM = { base: 0xfffff000, size: 0x1000 };

/** Everything that memory backs: RAM, and firmware's areas, which are RAM too. */
export function backedRanges(size: number): RamRange[] {
  return [...ramRanges(size), { base: FIRMWARE_START, size: HIGH_RAM_START - FIRMWARE_START }, HIGH_ROM];
}

/** The E820 map of a PC with so many bytes of RAM, ascending. */
export function memoryMap(size: number): MemoryMapEntry[] {
  const end = lowRamEnd(size);
  const entries: MemoryMapEntry[] = [
    { base: 0, size: CONVENTIONAL_END, type: 1 },
    { base: CONVENTIONAL_END, size: LOW_RAM_END - CONVENTIONAL_END, type: 2 },
    { base: FIRMWARE_START, size: HIGH_RAM_START - FIRMWARE_START, type: 2 },
    { base: HIGH_RAM_START, size: end - HIGH_RAM_START, type: 1 },
    { base: FLASH_START, size: FOUR_GIB - FLASH_START, type: 2 },
  ];
  return size > end ? [...entries, { base: FOUR_GIB, size: size - end, type: 1 }] : entries;
}

/** KiB below 640 KiB and above 1 MiB, as INT 12H and old boot protocols tell them. */
export function basicMemory(size: number): { readonly lower: number; readonly upper: number } {
  return { lower: CONVENTIONAL_END / KIB, upper: (lowRamEnd(size) - HIGH_RAM_START) / KIB };
}
