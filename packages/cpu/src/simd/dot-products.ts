import { A, B, C, type Kernel, type Lanes, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { accumulating } from "./vector-shapes.ts";

type Elements = Int8Array | Uint8Array | Int16Array | Uint16Array;

/** Letters of the mnemonic: B or W, and signed or unsigned for each source. */
function elementsOf(lanes: Lanes, size: string, sign: string): Elements {
  if (size === "b") return sign === "s" ? lanes.i8 : lanes.u8;
  return sign === "s" ? lanes.i16 : lanes.u16;
}

function keep(value: number): number {
  return value;
}

function saturateSigned(value: number): number {
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, value));
}

function saturateUnsigned(value: number): number {
  return Math.min(0xffff_ffff, value);
}

/** Adds to each doubleword of C the products of the elements beside it in A and B. */
function dotProduct(
  first: Elements,
  second: Elements,
  accumulators: Int32Array | Uint32Array,
  end: (sum: number) => number,
): Kernel {
  const count = 4 / first.BYTES_PER_ELEMENT;
  return (bytes) => {
    for (let n = 0; n < bytes >> 2; n++) {
      let sum = accumulators[n]!;
      for (let k = n * count; k < (n + 1) * count; k++) sum += first[k]! * second[k]!;
      // Whether signed or not, the low 32 bits are what is kept.
      R.u32[n] = end(sum);
    }
  };
}

/** `vpdp` with the letters between it and `d`, and with saturation. */
function family(letters: string): Record<string, VectorCompiler> {
  const [size, first, second] = [...letters] as [string, string, string];
  const unsigned = first === "u" && second === "u";
  const [a, b] = [elementsOf(A, size, first), elementsOf(B, size, second)];
  const sums = unsigned ? C.u32 : C.i32;
  return {
    [`vpdp${letters}d`]: accumulating(dotProduct(a, b, sums, keep)),
    [`vpdp${letters}ds`]: accumulating(dotProduct(a, b, sums, unsigned ? saturateUnsigned : saturateSigned)),
  };
}

function quad(lanes: Lanes, n: number): bigint {
  return (BigInt(lanes.u32[2 * n + 1]!) << 32n) | BigInt(lanes.u32[2 * n]!);
}

const LOW_52 = (1n << 52n) - 1n;

/** Adds 52 bits of the product of 52-bit numbers, from bit `first` on. */
function multiplyAdd(first: bigint): Kernel {
  return (bytes) => {
    for (let n = 0; n < bytes >> 3; n++) {
      const product = (quad(A, n) & LOW_52) * (quad(B, n) & LOW_52);
      const sum = quad(C, n) + ((product >> first) & LOW_52);
      R.u32[2 * n] = Number(sum & 0xffff_ffffn);
      R.u32[2 * n + 1] = Number((sum >> 32n) & 0xffff_ffffn);
    }
  };
}

/** Products that are added to the destination: AVX-VNNI and AVX-IFMA. */
export const DOT_PRODUCTS: Readonly<Record<string, VectorCompiler>> = {
  ...family("bus"),
  ...family("bss"),
  ...family("bsu"),
  ...family("buu"),
  ...family("wss"),
  ...family("wsu"),
  ...family("wus"),
  ...family("wuu"),
  vpmadd52luq: accumulating(multiplyAdd(0n)),
  vpmadd52huq: accumulating(multiplyAdd(52n)),
};
