import type { FileView } from "./file-view.ts";
import { LoadError } from "./load-error.ts";

/** Where the setup header begins, in the file and in boot_params. (Linux "The Linux/x86 Boot Protocol") */
export const SETUP_HEADER = 0x1f1;
const MAGIC = 0x53726448;
const BOOT_FLAG = 0xaa55;
const SECTOR = 512;
const DEFAULT_SETUP_SECTORS = 4;
const LOADED_HIGH = 1;
const ENTRY_64 = 1;

/** What a bzImage says of itself. */
export interface LinuxHeader {
  /** Protocol version, 0x020c for 2.12. */
  readonly version: number;
  /** The setup header's bytes, to be copied into boot_params. */
  readonly setup: Uint8Array;
  /** The protected-mode kernel. */
  readonly kernel: Uint8Array;
  readonly has64BitEntry: boolean;
  readonly relocatable: boolean;
  readonly alignment: number;
  readonly preferredAddress: number;
  /** Memory that the kernel needs at its address before it looks at the memory map. */
  readonly initSize: number;
  readonly longestCommandLine: number;
  /** First address that the initial RAM disk must not reach. */
  readonly initrdLimit: number;
}

/** Whether a file is a Linux kernel image of protocol 2.00 or later. */
export function isLinux(view: FileView): boolean {
  return view.length >= 0x268 && view.u16(0x1fe) === BOOT_FLAG && view.u32(0x202) === MAGIC;
}

/** Reads the header. Errors: `LoadError` for images that are too old, not a bzImage, or damaged. */
export function readLinuxHeader(view: FileView): LinuxHeader {
  if (!isLinux(view)) throw new LoadError("not a Linux kernel image: no HdrS header");
  const version = view.u16(0x206);
  const shown = `${version >> 8}.${`${version & 0xff}`.padStart(2, "0")}`;
  if (version < 0x0206) throw new LoadError(`Linux boot protocol ${shown}; 2.06 (Linux 2.6.22) or later is needed`);
  if ((view.u8(0x211) & LOADED_HIGH) === 0) throw new LoadError("Linux zImage; only a bzImage can be loaded");
  const setupSize = ((view.u8(SETUP_HEADER) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR;
  if (setupSize >= view.length)
    throw new LoadError(`truncated Linux image: the kernel begins at ${setupSize}, file has ${view.length}`);
  const headerEnd = Math.min(0x202 + view.u8(0x201), 0x290, view.length);
  const relocatable = version >= 0x0205 && view.u8(0x234) !== 0;
  const kernel = view.bytes.subarray(setupSize);
  return {
    version,
    setup: view.bytes.subarray(SETUP_HEADER, headerEnd),
    kernel,
    has64BitEntry: version >= 0x020c && (view.u16(0x236) & ENTRY_64) !== 0,
    relocatable,
    alignment: alignmentOf(view.u32(0x230)),
    preferredAddress: version >= 0x020a ? view.address(0x258, "Linux preferred address") : 0x100000,
    initSize: Math.max(version >= 0x020a ? view.u32(0x260) : 0, kernel.length),
    longestCommandLine: view.u32(0x238),
    initrdLimit: view.u32(0x22c) + 1,
  };
}

function alignmentOf(value: number): number {
  if (value === 0) return 1;
  if ((value & (value - 1)) !== 0) throw new LoadError(`Linux kernel alignment ${value} is not a power of two`);
  return value;
}
