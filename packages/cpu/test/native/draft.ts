import { ExtendedDraft } from "./extended-draft.ts";
import {
  DATA_PAGE,
  GS_BASE,
  LOW_PAGE,
  type NativeSegments,
  READ_ONLY_PAGE,
  UNMAPPED_PAGE,
  WINDOW,
  WINDOW_BYTES,
} from "./native-case.ts";
import type { Random } from "./random.ts";
import type { Lane } from "./special-values.ts";

export type Width = 8 | 16 | 32 | 64;
export const WIDTHS: readonly Width[] = [8, 16, 32, 64];
export const WORD_WIDTHS: readonly Width[] = [16, 32, 64];

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;

const ARITHMETIC_FLAGS = 0x8d5;
const ALWAYS_SET = 0x202;
const NON_CANONICAL = 0x8000_0000_0000_0000n;

/** What ModRM.rm adds up in 16-bit addressing. */
const REGISTERS_OF_16: readonly (readonly number[])[] = [
  [RBX, RSI],
  [RBX, RDI],
  [RBP, RSI],
  [RBP, RDI],
  [RSI],
  [RDI],
  [RBP],
  [RBX],
];

const FLAT = 0x2b;
const SPARE_SELECTORS = [0, 0x23, 0x2b, 0x33];

/** What ModRM.rm names, with the bytes behind ModRM. */
export interface RmOperand {
  /** Legacy prefixes that the addressing needs: 65 or 67. */
  readonly prefixes: readonly number[];
  readonly mod: number;
  readonly rm: number;
  readonly rexX: boolean;
  readonly rexB: boolean;
  readonly tail: readonly number[];
  /** Target of a RIP-relative operand, whose displacement the encoder fills in. */
  readonly ripTarget?: number;
}

export function littleEndian(value: number | bigint, bytes: number): number[] {
  const pattern = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: bytes }, (_, n) => Number((pattern >> BigInt(8 * n)) & 0xffn));
}

/** State and operands of a case in the making. */
export class Draft {
  readonly random: Random;
  readonly gpr = new BigUint64Array(16);
  readonly window = new Uint8Array(WINDOW_BYTES);
  rflags: number;
  /** No REX prefix may be used: byte registers 4-7 are AH, CH, DH, BH, and only eight registers exist. */
  readonly legacy: boolean;
  private readonly reserved = new Set<number>();
  private extendedDraft: ExtendedDraft | undefined;
  private chosenSegments: NativeSegments | undefined;
  private readonly mode32: boolean;
  private readonly code16: boolean;

  constructor(random: Random, mode32 = false, code16 = false) {
    this.random = random;
    this.mode32 = mode32;
    this.code16 = code16;
    for (let n = 0; n < 16; n++) this.gpr[n] = random.operand();
    const quads = new DataView(this.window.buffer);
    for (let at = 0; at < WINDOW_BYTES; at += 8) quads.setBigUint64(at, random.operand(), true);
    this.rflags = (random.word() & ARITHMETIC_FLAGS) | ALWAYS_SET;
    this.legacy = random.chance(30) || mode32;
  }

  /** Gives a register a value that no memory operand may replace. */
  fix(register: number, value: bigint): void {
    this.gpr[register] = BigInt.asUintN(64, value);
    this.reserved.add(register);
  }

  /** Extended state, which the case has from the first use of this on. */
  get extended(): ExtendedDraft {
    this.extendedDraft ??= new ExtendedDraft(this.random);
    return this.extendedDraft;
  }

  /** The image of the extended state, if the form has asked for one. */
  get extendedBytes(): Uint8Array | undefined {
    return this.extendedDraft?.bytes;
  }

  /** Bits of addresses without a prefix. */
  get addressBits(): 16 | 32 | 64 {
    if (this.code16) return 16;
    return this.mode32 ? 32 : 64;
  }

  /** The operand-size prefix that a width needs where 16 or 32 bits are the default. */
  sizePrefix(width: Width): number[] {
    const prefixed = this.code16 ? 32 : 16;
    return width === prefixed ? [0x66] : [];
  }

  /** Where an address of the data pages lies for addresses of so many bits. */
  placed(at: bigint, bits: number): bigint {
    return bits === 16 ? (at - BigInt(DATA_PAGE) + BigInt(LOW_PAGE)) & 0xffffn : at;
  }

  /** Gives the case segment registers: flat ones for memory, others for FS and GS. */
  withSegments(): void {
    const spare = () => this.random.pick(SPARE_SELECTORS);
    this.chosenSegments = { selectors: [FLAT, 0, 0, FLAT, spare(), spare()], bases: [] };
  }

  /** Segment registers, if the form has asked for them. */
  get segments(): NativeSegments | undefined {
    return this.chosenSegments;
  }

  /** Vector registers and window hold lanes of a kind; MXCSR is random. */
  vectors(lane: Lane): void {
    this.extended.fillVectors(lane, this.window);
    this.extended.randomMxcsr();
  }

  /** x87 stack, control and status words are random. */
  x87(): void {
    this.extended.randomX87();
  }

  /** MMX registers and window hold lanes of a kind. */
  mmx(lane: Lane): void {
    this.extended.randomMmx(lane, this.window);
  }

  register(): number {
    return this.random.below(this.legacy ? 8 : 16);
  }

  /** A register for an address. */
  private addressRegister(alsoNot = -1): number {
    for (;;) {
      const register = this.register();
      if (register !== alsoNot && !this.reserved.has(register)) return register;
    }
  }

  registerOperand(register: number): RmOperand {
    return { prefixes: [], mod: 3, rm: register & 7, rexX: false, rexB: register >= 8, tail: [] };
  }

  /** An address within the window, or now and then one that faults. */
  target(bytes: number, faults = true): bigint {
    const { random } = this;
    if (faults && random.chance(4)) {
      const kind = random.below(4);
      if (kind === 0) return BigInt(UNMAPPED_PAGE + random.below(4000));
      if (kind === 1) return BigInt(READ_ONLY_PAGE + random.below(4000));
      if (kind === 2) return BigInt(READ_ONLY_PAGE - random.below(bytes));
      return this.mode32 ? BigInt(UNMAPPED_PAGE) : NON_CANONICAL | BigInt(random.below(1 << 30));
    }
    return BigInt(WINDOW + random.below(WINDOW_BYTES - bytes + 1));
  }

  /** A memory operand whose address is a multiple of its size; now and then it is not, or faults otherwise. */
  alignedMemory(bytes: number): RmOperand {
    if (this.random.chance(10)) return this.memory(bytes);
    const first = Math.ceil(WINDOW / bytes) * bytes;
    const slots = Math.floor((WINDOW + WINDOW_BYTES - first) / bytes);
    return this.memory(bytes, BigInt(first + this.random.below(slots) * bytes));
  }

  /** A memory operand of so many bytes. */
  memory(bytes: number, at = this.target(bytes)): RmOperand {
    const kind = this.random.below(10);
    if (this.code16) return kind < 7 ? this.memory16(at) : { ...this.memory32(kind, at), prefixes: [0x67] };
    if (this.mode32) return this.memory32(kind, at);
    if (at <= 0x7fffffffn) {
      if (kind === 0) return this.absolute(at);
      if (kind === 1) return { ...this.registerOperand(5), mod: 0, tail: [0, 0, 0, 0], ripTarget: Number(at) };
      if (kind === 2) return { ...this.based(at, 0xffffffffn), prefixes: [0x67] };
      if (kind === 3) return { ...this.based(at - BigInt(GS_BASE)), prefixes: [0x65] };
      if (kind === 4) return this.indexOnly(at);
    }
    return this.based(at);
  }

  /** A pair of base and index, one of them, or a displacement alone, in 16 bits. */
  memory16(at: bigint): RmOperand {
    const place = this.placed(at, 16);
    const rm = this.random.below(8);
    const registers = REGISTERS_OF_16[rm]!;
    const free = registers.find((register) => !this.reserved.has(register));
    const shape = { prefixes: [], rexX: false, rexB: false };
    if (free === undefined || this.random.chance(10)) return { ...shape, mod: 0, rm: 6, tail: littleEndian(place, 2) };
    const mod = this.random.pick(rm === 6 ? [1, 2] : [0, 1, 2]);
    const disp = mod === 0 ? 0 : mod === 1 ? this.random.below(256) - 128 : this.random.below(65536);
    const others = registers.filter((register) => register !== free).map((register) => this.gpr[register]!);
    const value = others.reduce((left, other) => left - other, place - BigInt(disp)) & 0xffffn;
    this.gpr[free] = (this.gpr[free]! & ~0xffffn) | value;
    return { ...shape, mod, rm, tail: littleEndian(disp, mod) };
  }

  private memory32(kind: number, at: bigint): RmOperand {
    if (kind === 0) return this.absolute(at);
    if (kind === 1) return { ...this.registerOperand(5), mod: 0, tail: littleEndian(at, 4) };
    return kind === 4 ? this.indexOnly(at) : this.based(at);
  }

  private absolute(at: bigint): RmOperand {
    return { prefixes: [], mod: 0, rm: 4, rexX: false, rexB: false, tail: [0x25, ...littleEndian(at, 4)] };
  }

  /** index * scale + disp32. */
  private indexOnly(at: bigint): RmOperand {
    let index = this.addressRegister();
    while ((index & 15) === RSP) index = this.addressRegister();
    const scale = this.random.below(4);
    const value = BigInt(this.random.below(4096) - 2048);
    this.gpr[index] = BigInt.asUintN(64, value);
    const sib = (scale << 6) | ((index & 7) << 3) | 5;
    const disp = littleEndian(at - (value << BigInt(scale)), 4);
    return { prefixes: [], mod: 0, rm: 4, rexX: index >= 8, rexB: false, tail: [sib, ...disp] };
  }

  /** base (+ index * scale) + displacement, wrapping at 2^64 or, with a mask, at 2^32. */
  private based(at: bigint, mask = 0xffffffff_ffffffffn): RmOperand {
    const { random } = this;
    const base = this.addressRegister();
    const mod = this.random.pick((base & 7) === RBP ? [1, 2] : [0, 1, 2]);
    const bytes = [0, 1, 4][mod]!;
    const disp = mod === 0 ? 0 : mod === 1 ? random.below(256) - 128 : random.word() | 0;
    const index = random.chance(50) ? this.addressRegister(base) : RSP;
    const indexed = index !== RSP;
    const scale = indexed ? random.below(4) : 0;
    const scaled = indexed ? this.gpr[index]! << BigInt(scale) : 0n;
    const sum = BigInt.asUintN(64, at - BigInt(disp) - scaled);
    this.gpr[base] = (sum & mask) | (this.gpr[base]! & ~mask);
    const needsSib = indexed || (base & 7) === RSP;
    const sib = (scale << 6) | ((index & 7) << 3) | (base & 7);
    return {
      prefixes: [],
      mod,
      rm: needsSib ? 4 : base & 7,
      rexX: indexed && index >= 8,
      rexB: base >= 8,
      tail: [...(needsSib ? [sib] : []), ...littleEndian(disp, bytes)],
    };
  }

  /** Register or memory for ModRM.rm. */
  registerOrMemory(bytes: number): RmOperand {
    return this.random.chance(50) ? this.registerOperand(this.register()) : this.memory(bytes);
  }

  /** A stack pointer with room on both sides. */
  stack(): void {
    const faulting = [BigInt(UNMAPPED_PAGE), BigInt(READ_ONLY_PAGE + 4), BigInt(DATA_PAGE - 64)];
    if (!this.mode32) faulting.push(NON_CANONICAL);
    this.fix(RSP, this.random.chance(4) ? this.random.pick(faulting) : BigInt(WINDOW + 32 + this.random.below(65)));
  }
}
