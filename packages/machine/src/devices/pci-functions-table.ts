/** A function's configuration space: 32-bit registers by offset, and the bits of them that software can change. */
export interface PciFunctionDef {
  readonly slot: number;
  readonly function: number;
  readonly registers: Readonly<Record<number, number>>;
  readonly writable: Readonly<Record<number, number>>;
}

/** Command register: I/O, memory, bus master, parity, SERR. */
const COMMAND = 0x0147;
const SUBSYSTEM = 0x1100_1af4;

/** Where the power management function says that its ports are (bit 0: I/O space). */
const PM_BASE_REGISTER = 0x601;

/**
 * The functions of an i440FX PC as its firmware leaves them. The memory attribute registers of the host bridge and the interrupt routing
 * registers of the ISA bridge keep what is written and change nothing: all of it stays RAM, and no function has an interrupt pin that it
 * uses. The power management ports stay where they are.
 */
export const PCI_FUNCTIONS: readonly PciFunctionDef[] = [
  {
    slot: 0,
    function: 0,
    registers: {
      0: 0x1237_8086,
      4: 0x0280_0006,
      8: 0x0600_0002,
      44: SUBSYSTEM,
      88: 0x3330_3000,
      92: 0x3333_3333,
      112: 0x0002_0000,
    },
    writable: { 4: COMMAND, 88: 0x3333_3000, 92: 0x3333_3333, 112: 0x007f_0000 },
  },
  {
    slot: 1,
    function: 0,
    registers: {
      0: 0x7000_8086,
      4: 0x0200_0007,
      8: 0x0601_0000,
      12: 0x0080_0000,
      44: SUBSYSTEM,
      76: 0x0003_004d,
      96: 0x0b0b_0a0a,
    },
    writable: { 4: COMMAND, 76: 0xffff_00ff, 96: 0x8f8f_8f8f },
  },
  {
    slot: 1,
    function: 3,
    registers: {
      0: 0x7113_8086,
      4: 0x0280_0003,
      8: 0x0680_0003,
      44: SUBSYSTEM,
      60: 0x0000_0109,
      64: PM_BASE_REGISTER,
      128: 0x0000_0001,
    },
    writable: { 4: COMMAND, 60: 0x0000_00ff },
  },
];

/** Base address registers of the test device: 4 KiB of memory and 256 ports. */
export const TEST_FUNCTION: PciFunctionDef = {
  slot: 2,
  function: 0,
  registers: {
    0: 0x0005_1b36,
    4: 0x0000_0003,
    8: 0x00ff_0000,
    16: 0xfebf_f000,
    20: 0x0000_c001,
    44: SUBSYSTEM,
  },
  writable: { 4: COMMAND, 16: 0xffff_f000, 20: 0x0000_ff00, 60: 0x0000_00ff },
};
