import { CONTROL_WORD, initialExtended, MXCSR, STACK, STATUS_WORD, TAGS, vectorOffset } from "./extended-image.ts";
import type { Random } from "./random.ts";
import { type Lane, laneBits, laneOperand, realOperand } from "./special-values.ts";

const ALL_EXCEPTIONS = 0x3f;
const STATUS_EXCEPTIONS = 0x7f;
const STATUS_CONDITIONS = 0x4700;
const MXCSR_MASKS = 0x1f80;

function fillLanes(random: Random, view: DataView, at: number, bytes: number, lane: Lane): void {
  const size = laneBits(lane) / 8;
  for (let n = 0; n < bytes; n += size) {
    const value = laneOperand(random, lane);
    for (let k = 0; k < size; k++) view.setUint8(at + n + k, Number((value >> BigInt(8 * k)) & 0xffn));
  }
}

/** Extended state of a case in the making. At first everything is initial but the registers, which hold noise. */
export class ExtendedDraft {
  readonly bytes = initialExtended();
  readonly view = new DataView(this.bytes.buffer);
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    for (let at = STACK; at < this.bytes.length; at++) this.bytes[at] = random.below(256);
    for (let n = 0; n < 8; n++) this.bytes.fill(0, STACK + n * 16 + 10, STACK + n * 16 + 16);
  }

  /** Fills the vector registers, and the window given, with lanes of a kind. */
  fillVectors(lane: Lane, window: Uint8Array): void {
    for (let n = 0; n < 16; n++) {
      fillLanes(this.random, this.view, vectorOffset(n, 0), 16, lane);
      fillLanes(this.random, this.view, vectorOffset(n, 1), 16, lane);
    }
    fillLanes(this.random, new DataView(window.buffer), 0, window.length, lane);
  }

  /** Sets 32 bits of a vector register; `word` 0-7 from the low end of its YMM register. */
  setVectorWord(register: number, word: number, value: number): void {
    this.view.setUint32(vectorOffset(register, word < 4 ? 0 : 1) + (word & 3) * 4, value, true);
  }

  /** Copies a whole YMM register. */
  copyVector(to: number, from: number): void {
    for (const half of [0, 1] as const) {
      const at = vectorOffset(from, half);
      this.bytes.copyWithin(vectorOffset(to, half), at, at + 16);
    }
  }

  /** Any rounding mode; sometimes denormals are zeros or results flushed, flags already set, exceptions unmasked. */
  randomMxcsr(): void {
    const { random } = this;
    let value = random.below(4) << 13;
    value |= random.chance(75) ? MXCSR_MASKS : random.word() & MXCSR_MASKS;
    if (random.chance(20)) value |= 0x40;
    if (random.chance(20)) value |= 0x8000;
    if (random.chance(25)) value |= random.word() & ALL_EXCEPTIONS;
    this.view.setUint32(MXCSR, value, true);
  }

  /** Any TOP, rounding and precision control; a few empty registers, unmasked exceptions and flags already set. */
  randomX87(): void {
    const { random } = this;
    for (let n = 0; n < 8; n++) this.setReal(n, realOperand(random));
    const masks = random.chance(70) ? ALL_EXCEPTIONS : random.word() & ALL_EXCEPTIONS;
    const precision = random.chance(60) ? 3 : random.pick([0, 2, 3]);
    this.view.setUint16(CONTROL_WORD, 0x40 | masks | (precision << 8) | (random.below(4) << 10), true);
    let status = (random.below(8) << 11) | (random.word() & STATUS_CONDITIONS);
    // Only flags of masked exceptions, lest one be pending.
    if (random.chance(30)) status |= random.word() & masks;
    this.view.setUint16(STATUS_WORD, status, true);
    const full = random.chance(60) ? 0xff : random.word() & random.word() & 0xff;
    this.bytes[TAGS] = random.chance(80) ? full | (random.word() & 0xff) : full;
  }

  /** MMX registers: significands of lanes of a kind, in any x87 state. */
  randomMmx(lane: Lane, window: Uint8Array): void {
    this.randomX87();
    for (let n = 0; n < 8; n++) fillLanes(this.random, this.view, STACK + n * 16, 8, lane);
    fillLanes(this.random, new DataView(window.buffer), 0, window.length, lane);
  }

  /** Sets ST(n), an 80-bit pattern. */
  setReal(n: number, value: bigint): void {
    this.view.setBigUint64(STACK + n * 16, BigInt.asUintN(64, value), true);
    this.view.setUint16(STACK + n * 16 + 8, Number(value >> 64n), true);
  }

  /** Exception flags in the status word, with the summary bits if one of them is unmasked. */
  raisePending(flags: number): void {
    const status = this.view.getUint16(STATUS_WORD, true) | (flags & STATUS_EXCEPTIONS);
    const pending = (status & ~this.view.getUint16(CONTROL_WORD, true) & ALL_EXCEPTIONS) !== 0;
    this.view.setUint16(STATUS_WORD, pending ? status | 0x8080 : status, true);
  }
}
