/** Offsets in the APIC-access page where accesses of one kind are virtualized. */
export interface AccessOffsets {
  /** With "use TPR shadow" alone. */
  readonly always: ReadonlySet<number>;
  /** With "virtual-interrupt delivery". */
  readonly withDelivery: ReadonlySet<number>;
  /** With "APIC-register virtualization". */
  readonly withRegisters: ReadonlySet<number>;
}

function span(first: number, last: number): number[] {
  return Array.from({ length: (last - first) / 16 + 1 }, (_, n) => first + n * 16);
}

const COMMON = [0x20, 0x80, 0xb0, 0xd0, 0xe0, 0xf0, 0x280, 0x300, 0x310, ...span(0x320, 0x380), 0x3e0];

/** SDM 3C "Virtualizing Reads from the APIC-Access Page". */
export const READ_OFFSETS: AccessOffsets = {
  always: new Set([0x80]),
  withDelivery: new Set([0xb0, 0x300]),
  withRegisters: new Set([0x30, ...COMMON, ...span(0x100, 0x270)]),
};

/** SDM 3C "Virtualizing Writes to the APIC-Access Page". */
export const WRITE_OFFSETS: AccessOffsets = {
  always: new Set([0x80]),
  withDelivery: new Set([0xb0, 0x300]),
  withRegisters: new Set(COMMON),
};
