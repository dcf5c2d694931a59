import type { RegisterClass, RegisterOperand } from "./instruction.ts";

function createBank(registerClass: RegisterClass, count: number, size: number): readonly RegisterOperand[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "register",
    class: registerClass,
    index,
    size,
    high8: false,
  }));
}

/** SPL, BPL, SIL and DIL included: these are the byte registers of an instruction with a REX prefix. */
const BYTE_REGISTERS = createBank("gpr", 16, 8);
const HIGH_BYTE_REGISTERS: readonly RegisterOperand[] = createBank("gpr", 4, 8).map((register) => ({
  ...register,
  high8: true,
}));
const WORD_REGISTERS = createBank("gpr", 16, 16);
const DWORD_REGISTERS = createBank("gpr", 16, 32);
const QWORD_REGISTERS = createBank("gpr", 16, 64);

/** Register operands are shared constants: decoding an instruction allocates none. */
export const SEGMENT_REGISTERS = createBank("segment", 6, 16);
export const CONTROL_REGISTERS_32 = createBank("control", 16, 32);
export const CONTROL_REGISTERS_64 = createBank("control", 16, 64);
export const DEBUG_REGISTERS_32 = createBank("debug", 16, 32);
export const DEBUG_REGISTERS_64 = createBank("debug", 16, 64);
export const MMX_REGISTERS = createBank("mmx", 8, 64);
export const XMM_REGISTERS = createBank("xmm", 32, 128);
export const YMM_REGISTERS = createBank("ymm", 32, 256);
export const ZMM_REGISTERS = createBank("zmm", 32, 512);
export const MASK_REGISTERS = createBank("mask", 8, 64);
export const TILE_REGISTERS = createBank("tile", 8, 0);
export const X87_REGISTERS = createBank("x87", 8, 80);

/** The general-purpose register of `size` bits; without a REX prefix byte registers 4-7 are AH, CH, DH and BH. */
export function generalRegister(index: number, size: number, hasRex: boolean): RegisterOperand {
  switch (size) {
    case 8:
      return index > 3 && !hasRex ? HIGH_BYTE_REGISTERS[index - 4]! : BYTE_REGISTERS[index]!;
    case 16:
      return WORD_REGISTERS[index]!;
    case 64:
      return QWORD_REGISTERS[index]!;
    default:
      return DWORD_REGISTERS[index]!;
  }
}
