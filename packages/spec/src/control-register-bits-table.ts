/** Names of the bits of CR0 (SDM 3A "Control Registers"). */
const CR0_BITS = { PE: 0, MP: 1, EM: 2, TS: 3, ET: 4, NE: 5, WP: 16, AM: 18, NW: 29, CD: 30, PG: 31 } as const;

/** Names of the bits of CR4 (SDM 3A "Control Registers"). */
const CR4_BITS = {
  VME: 0,
  PVI: 1,
  TSD: 2,
  DE: 3,
  PSE: 4,
  PAE: 5,
  MCE: 6,
  PGE: 7,
  PCE: 8,
  OSFXSR: 9,
  OSXMMEXCPT: 10,
  UMIP: 11,
  LA57: 12,
  VMXE: 13,
  SMXE: 14,
  FSGSBASE: 16,
  PCIDE: 17,
  OSXSAVE: 18,
  KL: 19,
  SMEP: 20,
  SMAP: 21,
  PKE: 22,
  CET: 23,
  PKS: 24,
} as const;

/** Bit names of the control registers that have single-bit flags. */
export const CONTROL_REGISTER_BITS: Readonly<Record<"cr0" | "cr4", Readonly<Record<string, number>>>> = {
  cr0: CR0_BITS,
  cr4: CR4_BITS,
};
