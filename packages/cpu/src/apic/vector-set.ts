/*
 * 256-bit registers of the local APIC (IRR, ISR, TMR): eight words, bit `vector & 31` of word `vector >> 5`.
 */

export function hasVector(s: Int32Array, set: number, vector: number): boolean {
  return ((s[set + (vector >>> 5)]! >>> (vector & 31)) & 1) !== 0;
}

export function addVector(s: Int32Array, set: number, vector: number): void {
  s[set + (vector >>> 5)]! |= 1 << (vector & 31);
}

export function removeVector(s: Int32Array, set: number, vector: number): void {
  s[set + (vector >>> 5)]! &= ~(1 << (vector & 31));
}

/** The highest vector in the set; -1 when it is empty. */
export function highestVector(s: Int32Array, set: number): number {
  for (let word = 7; word >= 0; word--) {
    const bits = s[set + word]!;
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
  }
  return -1;
}

/** All vectors of the set, in their order. */
export function vectorsOf(s: Int32Array, set: number): number[] {
  return Array.from({ length: 256 }, (_, vector) => vector).filter((vector) => hasVector(s, set, vector));
}
