/** Joins the halves of an address. Exact below 2^53. */
export function joinAddress(lo: number, hi: number): number {
  return (lo >>> 0) + (hi >>> 0) * 4294967296;
}

/** High half of an address; of -1 (no pointer) all ones. */
export function addressHigh(address: number): number {
  return address < 0 ? -1 : Math.floor(address / 4294967296) | 0;
}

/** Low half, correct above 2^32 and for -1. */
export function lowHalf(address: number): number {
  return address < 0 ? -1 : (address % 4294967296) | 0;
}

/** Whether a 64-bit value is a canonical address for this linear-address width. */
export function isCanonical(hi: number, linearAddressWidth: number): boolean {
  const top = hi >> (linearAddressWidth - 33);
  return top === 0 || top === -1;
}
