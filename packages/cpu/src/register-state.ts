import { readRflags, writeRflags } from "./flags.ts";
import type { Op } from "./op.ts";
import * as S from "./state-layout.ts";

/** No instruction of a block is running. */
export const NO_OPS: readonly Op[] = [];

/** A processor's registers and time in its state area, as the API and rare instructions see them. */
export class RegisterState {
  readonly s: Int32Array;
  readonly f64: Float64Array;
  /** Retired instructions at the start of the running block; `+ op.position` is the exact count. */
  blockBase = 0;
  /** Instructions of the running block. */
  blockOps: readonly Op[] = NO_OPS;

  constructor(state: Int32Array) {
    this.s = state;
    this.f64 = new Float64Array(state.buffer, state.byteOffset, S.STATE_BYTES / 8);
  }

  gpr(index: number): bigint {
    return this.get64(S.GPR + index * 2);
  }

  setGpr(index: number, value: bigint): void {
    this.set64(S.GPR + index * 2, value);
  }

  /** The 64-bit value at a word offset of the state, unsigned. */
  get64(word: number): bigint {
    return BigInt(this.s[word]! >>> 0) | (BigInt(this.s[word + 1]! >>> 0) << 32n);
  }

  set64(word: number, value: bigint): void {
    this.s[word] = Number(BigInt.asIntN(32, value));
    this.s[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }

  get rip(): bigint {
    return this.get64(S.RIP);
  }

  set rip(value: bigint) {
    this.set64(S.RIP, value);
  }

  get rflags(): bigint {
    return BigInt(readRflags(this.s) >>> 0);
  }

  set rflags(value: bigint) {
    writeRflags(this.s, Number(BigInt.asIntN(32, value)));
  }

  /** Instructions retired since power-on, exact at instruction boundaries. */
  get retired(): number {
    return this.f64[S.RETIRED / 2]!;
  }

  set retired(count: number) {
    this.f64[S.RETIRED / 2] = count;
  }

  /** Instructions retired before the one that runs now, also inside of a block. */
  exactTime(): number {
    const ops = this.blockOps;
    if (ops.length === 0) return this.retired;
    const ripLow = this.s[S.RIP]!;
    let position = ops.length - 1;
    while (position > 0 && ops[position]!.ripLow !== ripLow) position--;
    return this.blockBase + position;
  }

  /** Inside of an instruction that is about to change RIP: what follows happens at the time of this instruction. */
  settleTime(): void {
    this.retired = this.exactTime();
    this.blockOps = NO_OPS;
  }
}
