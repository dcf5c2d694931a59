/** A small seeded generator of numbers (xorshift), so that a case can be made again. */
export class Random {
  private state: number;

  /** @param seed any number; its low 32 bits count, and zero stands for one */
  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  }

  /** A number from 0 to 2^32 - 1. */
  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** A number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.word() % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
