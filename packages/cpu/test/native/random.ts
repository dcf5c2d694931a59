/** Small seeded generator (mulberry32), so that a case can be made again from its seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** Unsigned 32-bit value. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Integer in `[0, limit)`. */
  below(limit: number): number {
    return this.word() % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  quad(): bigint {
    return (BigInt(this.word()) << 32n) | BigInt(this.word());
  }

  /** An operand that finds mistakes: limits of every width, single bits, small numbers, noise. */
  operand(): bigint {
    const kind = this.below(8);
    if (kind < 3) return this.quad();
    if (kind === 3) return BigInt.asUintN(64, 1n << BigInt(this.below(64)));
    if (kind === 4) return BigInt.asUintN(64, (1n << BigInt(this.below(65))) - 1n);
    if (kind === 5) return BigInt.asUintN(64, BigInt(this.below(41)) - 20n);
    if (kind === 6) return BigInt.asUintN(64, ~(1n << BigInt(this.below(64))));
    const limit = this.pick(LIMITS);
    return this.chance(50) ? limit : BigInt.asUintN(64, (this.quad() & ~0xffffffffn) | (limit & 0xffffffffn));
  }
}

const LIMITS: readonly bigint[] = [8n, 16n, 32n, 64n].flatMap((width) => {
  const top = 1n << (width - 1n);
  return [0n, 1n, top - 1n, top, top + 1n, (top << 1n) - 1n, (top << 1n) - 2n].map((v) => BigInt.asUintN(64, v));
});

/** Seed of a form and case number: FNV-1a over both. */
export function seedOf(name: string, index: number): number {
  let hash = 0x811c9dc5 ^ index;
  for (let n = 0; n < name.length; n++) hash = Math.imul(hash ^ name.charCodeAt(n), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ index;
}
