/** A physical address from its halves. */
export function joinAddress(low: number, high: number): number {
  return (low >>> 0) + (high >>> 0) * 4294967296;
}

/** The low half of an address, signed. */
export function lowHalf(address: number): number {
  return address | 0;
}

/** The high half of an address. */
export function highHalf(address: number): number {
  return Math.floor(address / 4294967296);
}
