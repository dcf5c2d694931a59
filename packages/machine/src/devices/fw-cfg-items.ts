import { type MemoryMapEntry, memoryMap } from "../memory-map.ts";
import type { DirectBoot, PcConfiguration } from "../pc-configuration.ts";

const SIGNATURE = 0x00;
const ID = 0x01;
const UUID = 0x02;
const RAM_SIZE = 0x03;
const NO_GRAPHIC = 0x04;
const PROCESSORS = 0x05;
const KERNEL_ADDRESS = 0x07;
const KERNEL_SIZE = 0x08;
const INITRD_SIZE = 0x0b;
const NUMA = 0x0d;
const BOOT_MENU = 0x0e;
const MAX_PROCESSORS = 0x0f;
const KERNEL_ENTRY = 0x10;
const KERNEL_DATA = 0x11;
const INITRD_DATA = 0x12;
const COMMAND_LINE_SIZE = 0x14;
const COMMAND_LINE_DATA = 0x15;
const FILE_DIRECTORY = 0x19;
const FIRST_FILE = 0x20;
const IRQ0_OVERRIDE = 0x8002;

/** Only the port interface, no DMA. */
const TRADITIONAL = 1;
const FILE_NAME_AT = 8;
const FILE_ENTRY_BYTES = 64;
const MAP_ENTRY_BYTES = 20;

function number(value: number, bytes: 2 | 4 | 8): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true);
  return out.subarray(0, bytes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function encodeMap(map: readonly MemoryMapEntry[]): Uint8Array {
  const out = new Uint8Array(map.length * MAP_ENTRY_BYTES);
  const view = new DataView(out.buffer);
  map.forEach(({ base, size, type }, at) => {
    view.setBigUint64(at * MAP_ENTRY_BYTES, BigInt(base), true);
    view.setBigUint64(at * MAP_ENTRY_BYTES + 8, BigInt(size), true);
    view.setUint32(at * MAP_ENTRY_BYTES + 16, type, true);
  });
  return out;
}

/** Number of files, then size, selector and name of each, all big-endian. */
function fileDirectory(files: readonly (readonly [name: string, data: Uint8Array])[]): Uint8Array {
  const out = new Uint8Array(4 + files.length * FILE_ENTRY_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, files.length);
  files.forEach(([name, data], index) => {
    const at = 4 + index * FILE_ENTRY_BYTES;
    view.setUint32(at, data.length);
    view.setUint16(at + 4, FIRST_FILE + index);
    out.set(text(name), at + FILE_NAME_AT);
  });
  return out;
}

function bootItems(boot: DirectBoot | undefined): [number, Uint8Array][] {
  if (boot === undefined) return [];
  const commandLine = text(`${boot.commandLine}\0`);
  const items: [number, Uint8Array][] = [
    [KERNEL_ADDRESS, number(boot.address, 4)],
    [KERNEL_SIZE, number(boot.kernel.length, 4)],
    [KERNEL_ENTRY, number(boot.entry, 4)],
    [KERNEL_DATA, boot.kernel],
    [COMMAND_LINE_SIZE, number(commandLine.length, 4)],
    [COMMAND_LINE_DATA, commandLine],
  ];
  if (boot.initrd !== undefined) items.push([INITRD_SIZE, number(boot.initrd.length, 4)], [INITRD_DATA, boot.initrd]);
  return items;
}

/** The items of the firmware configuration device by selector (QEMU "Firmware Configuration (fw_cfg) Device"). */
export function fwCfgItems(configuration: PcConfiguration): ReadonlyMap<number, Uint8Array> {
  const files = [["etc/e820", encodeMap(memoryMap(configuration.memory))]] as const;
  return new Map<number, Uint8Array>([
    [SIGNATURE, text("QEMU")],
    [ID, number(TRADITIONAL, 4)],
    [UUID, new Uint8Array(16)],
    [RAM_SIZE, number(configuration.memory, 8)],
    [NO_GRAPHIC, number(1, 2)],
    [PROCESSORS, number(configuration.processors, 2)],
    [NUMA, number(0, 8)],
    [BOOT_MENU, number(0, 2)],
    [MAX_PROCESSORS, number(configuration.processors, 2)],
    [IRQ0_OVERRIDE, number(1, 4)],
    ...bootItems(configuration.boot),
    [FILE_DIRECTORY, fileDirectory(files)],
    ...files.map(([, data], index): [number, Uint8Array] => [FIRST_FILE + index, data]),
  ]);
}
