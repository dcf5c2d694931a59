/** A boot protocol: how an image and the machine it starts on meet. `flat` is none: a place in memory and an entry point. */
export type BootProtocol = "multiboot" | "multiboot2" | "pvh" | "linux" | "flat";

export const BOOT_PROTOCOLS: readonly BootProtocol[] = ["multiboot", "multiboot2", "pvh", "linux", "flat"];

/** Mode in which a flat image is entered. */
export type EntryMode = 16 | 32 | 64;

/** A file beside the image: a multiboot module, or the initial RAM disk. */
export interface BootModule {
  /** Name and arguments, as the guest is told them. */
  readonly commandLine: string;
  readonly data: Uint8Array;
}

/** What to boot and how. */
export interface BootRequest {
  readonly image: Uint8Array;
  /** First word of a multiboot command line, usually the image's path. */
  readonly programName?: string;
  readonly commandLine?: string;
  readonly modules?: readonly BootModule[];
  /** Without it the image decides: Linux, multiboot 1, multiboot 2, PVH, in this order; an entry point means flat. */
  readonly protocol?: BootProtocol;
  /** Physical address at which a flat image is entered. */
  readonly entry?: number;
  /** Physical address of the first byte of a flat image; the entry point if absent. */
  readonly loadAddress?: number;
  /** 32 if absent. */
  readonly mode?: EntryMode;
}
