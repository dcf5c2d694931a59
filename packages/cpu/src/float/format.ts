/** A binary interchange format (IEEE 754, SDM 1 "Floating-Point Data Types"). */
export interface Format {
  readonly width: number;
  /** Bits of the fraction, without the integer bit. */
  readonly fraction: number;
  readonly bias: number;
  /** The exponent field of infinities and NaNs. */
  readonly exponentMask: number;
  readonly fractionMask: bigint;
  readonly integerBit: bigint;
  readonly signBit: bigint;
  readonly infinity: bigint;
  /** The most significant bit of the fraction: set in quiet NaNs. */
  readonly quietBit: bigint;
  /** The quiet NaN that answers an invalid operation: negative, with an otherwise empty fraction. */
  readonly indefinite: bigint;
}

function defineFormat(width: number, fraction: number): Format {
  const exponentBits = width - fraction - 1;
  const exponentMask = 2 ** exponentBits - 1;
  const integerBit = 1n << BigInt(fraction);
  const signBit = 1n << BigInt(width - 1);
  const infinity = BigInt(exponentMask) << BigInt(fraction);
  const quietBit = integerBit >> 1n;
  return {
    width,
    fraction,
    bias: 2 ** (exponentBits - 1) - 1,
    exponentMask,
    fractionMask: integerBit - 1n,
    integerBit,
    signBit,
    infinity,
    quietBit,
    indefinite: signBit | infinity | quietBit,
  };
}

export const BINARY16 = defineFormat(16, 10);
export const BINARY32 = defineFormat(32, 23);
export const BINARY64 = defineFormat(64, 52);
