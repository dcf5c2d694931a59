import { ESI, longModeState, protectedModeState } from "../boot-state.ts";
import { basicMemory, memoryMap } from "../memory-map.ts";
import type { BootLayout } from "./boot-layout.ts";
import type { BootPlan } from "./boot-plan.ts";
import type { BootRequest } from "./boot-request.ts";
import { FileView } from "./file-view.ts";
import { putDescriptorTable, putIdentityMap } from "./identity-map.ts";
import { type LinuxHeader, readLinuxHeader, SETUP_HEADER } from "./linux-header.ts";
import { LoadError } from "./load-error.ts";

const BOOT_PARAMS_SIZE = 4096;
const PAGE = 4096;
const MIB = 0x100000;
const FOUR_GIB = 0x1_0000_0000;
/** __BOOT_CS and __BOOT_DS. */
const CODE = 0x10;
const DATA = 0x18;
const ENTRY_64_OFFSET = 0x200;
/** "A boot loader without a number of its own". */
const UNKNOWN_LOADER = 0xff;

/** Offsets in boot_params. (Linux "The Linux/x86 Boot Protocol", "Zero Page") */
const EXT_MEM_K = 0x002;
const ACPI_RSDP = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_COUNT = 0x1e8;
const TYPE_OF_LOADER = 0x210;
const CODE32_START = 0x214;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const COMMAND_LINE = 0x228;
const E820_TABLE = 0x2d0;

/** A Linux bzImage, entered in 64-bit mode where it can be, else in 32-bit mode. Errors: `LoadError`. */
export function planLinux(request: BootRequest, layout: BootLayout): BootPlan {
  const header = readLinuxHeader(new FileView(request.image));
  const { commandLine = "", modules = [] } = request;
  if (modules.length > 1) throw new LoadError(`a Linux kernel takes one initial RAM disk, not ${modules.length}`);
  const limit = header.longestCommandLine;
  if (commandLine.length > limit)
    throw new LoadError(`command line of ${commandLine.length} bytes; this kernel takes ${limit}`);
  const address = placeKernel(header, layout);
  const params = new Uint8Array(BOOT_PARAMS_SIZE);
  const at = layout.put("boot parameters", params, PAGE);
  fillParams(new DataView(params.buffer), header, address, request, layout);
  return { protocol: "linux", pieces: layout.pieces, state: stateFor(header, address, at, layout) };
}

function stateFor(header: LinuxHeader, address: number, params: number, layout: BootLayout): BootPlan["state"] {
  const long = header.has64BitEntry;
  const gdt = putDescriptorTable(layout, { code: CODE, data: DATA, long });
  const segments = { code: CODE, data: DATA, gdt };
  if (!long) return protectedModeState(address, [[ESI, params]], segments);
  return longModeState(address + ENTRY_64_OFFSET, [[ESI, params]], { ...segments, cr3: putIdentityMap(layout) });
}

/** Where the kernel likes to be; what is not relocatable is linked for 1 MiB. */
function placeKernel(header: LinuxHeader, layout: BootLayout): number {
  const address = header.relocatable ? Math.ceil(header.preferredAddress / header.alignment) * header.alignment : MIB;
  if (address + header.initSize > FOUR_GIB)
    throw new LoadError(`Linux kernel wants to lie at 0x${address.toString(16)}, not below 4 GiB`);
  layout.load([{ address, data: header.kernel, size: header.initSize }]);
  return address;
}

function fillParams(
  view: DataView,
  header: LinuxHeader,
  address: number,
  request: BootRequest,
  layout: BootLayout,
): void {
  const word = (offset: number, value: number): void => view.setUint32(offset, value, true);
  new Uint8Array(view.buffer).set(header.setup, SETUP_HEADER);
  const { upper } = basicMemory(layout.memorySize);
  view.setUint16(EXT_MEM_K, Math.min(upper, 0xffff), true);
  word(ALT_MEM_K, upper);
  view.setUint8(TYPE_OF_LOADER, UNKNOWN_LOADER);
  word(CODE32_START, address);
  word(COMMAND_LINE, layout.putText("command line", request.commandLine ?? ""));
  word(ACPI_RSDP, layout.findRootPointer()?.address ?? 0);
  fillMemoryMap(view, layout.memorySize);
  const initrd = request.modules?.[0]?.data;
  if (initrd === undefined || initrd.length === 0) return;
  const to = Math.min(header.initrdLimit, FOUR_GIB);
  const want = { what: "the initial RAM disk", size: initrd.length, alignment: PAGE, from: MIB, to };
  word(RAMDISK_IMAGE, layout.putHighest(initrd, want));
  word(RAMDISK_SIZE, initrd.length);
}

function fillMemoryMap(view: DataView, memorySize: number): void {
  const entries = memoryMap(memorySize);
  view.setUint8(E820_COUNT, entries.length);
  entries.forEach(({ base, size, type }, index) => {
    const at = E820_TABLE + index * 20;
    view.setBigUint64(at, BigInt(base), true);
    view.setBigUint64(at + 8, BigInt(size), true);
    view.setUint32(at + 16, type, true);
  });
}
