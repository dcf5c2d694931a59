import type { Random } from "../../../../test/random.ts";

/** What one case executes, from which registers. The rest of the state is the guest's (`privileged.asm`). */
export interface PrivilegedCase {
  readonly code: readonly number[];
  /** RAX RBX RCX RDX RSI RDI RBP R8; the rest are random. */
  readonly registers?: readonly (bigint | undefined)[];
  /** Of RFLAGS, the bits that the manual defines after the instruction. */
  readonly definedFlags?: bigint;
}

export type Generate = (random: Random) => PrivilegedCase;

export const SCRATCH = 0x2200000n;
/** Where far transfers go: the UD2 that ends the code there. */
export const TARGET = 0x2000060n;
const UD2 = [0x0f, 0x0b];

export const quad = (random: Random): bigint => (BigInt(random.word()) << 32n) | BigInt(random.word());
export const bytes = (value: bigint, count: number): number[] =>
  Array.from({ length: count }, (_, n) => Number((value >> BigInt(8 * n)) & 0xffn));
export const moveImmediate = (register: number, value: bigint): number[] => [0x48, 0xb8 + register, ...bytes(value, 8)];
/** Code with a UD2 at TARGET. */
export const withTarget = (code: readonly number[]): number[] => [
  ...code,
  ...Array(96 - code.length).fill(0x90),
  ...UD2,
];
export const oneBit = (random: Random, bits: readonly number[]): bigint => 1n << BigInt(random.pick(bits));

export function toggled(random: Random, value: bigint, bits: readonly number[]): bigint {
  let result = value;
  for (let n = random.below(4); n >= 0; n--) result ^= oneBit(random, bits);
  return result;
}
