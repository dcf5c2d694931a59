import type { DecodeCursor } from "./cursor.ts";

/** Bits of an operand, once prefixes are known. */
export type SizeRule = (cursor: DecodeCursor) => number;

function fixed(bits: number): SizeRule {
  return () => bits;
}

function vectorPart(divisor: number): SizeRule {
  return (cursor) => cursor.vectorLength / divisor;
}

const sizeV: SizeRule = (cursor) => cursor.operandSize;
const sizeZ: SizeRule = (cursor) => (cursor.operandSize === 16 ? 16 : 32);
const sizeY: SizeRule = (cursor) => (cursor.operandSize === 64 ? 64 : 32);

/**
 * SDM 2D "Codes for Operand Type", with some of our own: `t` an 80-bit real, `h` a 384-bit key handle, `zz` 512 bits, `as` the address size,
 * `xh xq xe` a half, quarter and eighth of a vector, and the empty code for memory of no fixed width.
 */
export const OPERAND_SIZES: Readonly<Record<string, SizeRule>> = {
  "": fixed(0),
  b: fixed(8),
  w: fixed(16),
  d: fixed(32),
  q: fixed(64),
  t: fixed(80),
  dq: fixed(128),
  qq: fixed(256),
  h: fixed(384),
  zz: fixed(512),
  ss: fixed(32),
  sd: fixed(64),
  v: sizeV,
  z: sizeZ,
  y: sizeY,
  x: vectorPart(1),
  xh: vectorPart(2),
  xq: vectorPart(4),
  xe: vectorPart(8),
  p: (cursor) => cursor.operandSize + 16,
  a: (cursor) => cursor.operandSize * 2,
  as: (cursor) => cursor.addressSize,
  s: (cursor) => (cursor.bits === 64 ? 80 : 48),
};
