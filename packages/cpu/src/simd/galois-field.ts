/*
 * Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, the field of AES (FIPS 197).
 */

const POLYNOMIAL = 0x11b;

/** The product of two bytes. */
export function multiplyBytes(a: number, b: number): number {
  let product = 0;
  for (let n = 7; n >= 0; n--) {
    product <<= 1;
    if ((product & 0x100) !== 0) product ^= POLYNOMIAL;
    if (((b >> n) & 1) !== 0) product ^= a;
  }
  return product;
}

function inverseOf(byte: number): number {
  for (let candidate = 1; candidate < 256; candidate++) if (multiplyBytes(byte, candidate) === 1) return candidate;
  return 0;
}

/** Multiplicative inverses, that of 0 being 0. */
export const INVERSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => inverseOf(byte));
