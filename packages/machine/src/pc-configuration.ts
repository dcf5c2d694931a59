/** What a PC tells its guest about itself: through CMOS, the firmware configuration device and ACPI tables. */
export interface PcConfiguration {
  readonly processors: number;
  /** Bytes of RAM; `memory-map.ts` says where they are. */
  readonly memory: number;
  /** What has been booted without a disk. */
  readonly boot?: DirectBoot;
  /** Whether QEMU's PCI test device is there. */
  readonly pciTestDevice?: boolean;
  /** Whether QEMU's test device for Hyper-V's synthetic interrupts is there. */
  readonly synicTestDevice?: boolean;
}

/** An image that a loader has put into memory, as firmware could still read it. */
export interface DirectBoot {
  readonly kernel: Uint8Array;
  readonly address: number;
  readonly entry: number;
  readonly initrd?: Uint8Array;
  readonly commandLine: string;
}

/** Something that belongs at a physical address. */
export interface PlacedData {
  readonly address: number;
  readonly data: Uint8Array;
}
