/** Something that a loader has put into memory. */
export interface LoadedData {
  readonly address: number;
  readonly data: Uint8Array;
}

/** What a PC tells its guest about itself: through CMOS, the firmware configuration device and ACPI tables. */
export interface PcConfiguration {
  readonly processors: number;
  /** Bytes of RAM; `memory-map.ts` says where they are. */
  readonly memory: number;
  readonly kernel?: LoadedData & { readonly entry: number };
  readonly initrd?: LoadedData;
  readonly commandLine?: { readonly address: number; readonly text: string };
  /** Whether QEMU's PCI test device is there. */
  readonly pciTestDevice?: boolean;
}
