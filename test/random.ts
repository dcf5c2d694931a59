/** A small seeded generator of 32-bit numbers (xorshift), so that what a test has made up can be made again. */
export class Random {
  private state: number;

  /** @param seed its low 32 bits count, and zero stands for one */
  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }

  /** A generator for one of many cases with consecutive seeds, which would begin alike otherwise. */
  static ofCase(seed: number): Random {
    return new Random(Math.imul(seed, 0x9e3779b1));
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

  /** One of several things. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}
