import type { OperandWidth } from "../builder/builder.ts";
import type { MemoryOperand } from "../decode/instruction.ts";
import type { Op } from "../op.ts";
import {
  CS,
  FS,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_STRIDE,
  SEGMENTS,
  SS,
  TLB_ENTRIES,
  TLB_ENTRY_WORDS,
} from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { type Emitter, TLB_BASE } from "./emitter.ts";
import type { FlagState } from "./flag-state.ts";
import { IMPORT_MISS } from "./module-bytes.ts";
import {
  binary32,
  binary64,
  compare64,
  constant32,
  constant64,
  extendUnsigned,
  isConstant,
  type Node,
  shift32,
  stateField,
  wrap,
} from "./node.ts";
import { I32, I64, OP } from "./opcodes.ts";
import type { RegionContext } from "./region-context.ts";

const RSP = 4;
const RBP = 5;
const ENTRY_BYTES = TLB_ENTRY_WORDS * 4;
const PAGE_SHIFT = 12;
const TAG_HIGH_BYTES = 12;
const OFFSET_BYTES = 16;
const LOADS: Readonly<Record<number, number>> = { 8: OP.i32Load8U, 16: OP.i32Load16U, 32: OP.i32Load, 64: OP.i64Load };
const STORES: Readonly<Record<number, number>> = {
  8: OP.i32Store8,
  16: OP.i32Store16,
  32: OP.i32Store,
  64: OP.i64Store,
};

/** What memory accesses need of the instruction's builder. */
interface Instruction {
  readonly flags: FlagState;
  readonly staged: Map<number, Node>;
  register(register: number): Node;
  refuse(): void;
}

/**
 * Addresses, loads and stores of the WebAssembly back end. An access that the TLB does not prove asks `miss` for the address; where that cannot be told
 * without a fault, a device or a second page, the region is left before the instruction.
 */
export class MemoryAccess {
  /** An access was made: the region may be left before the instruction. */
  used = false;
  private offset: Node | null = null;
  private linear: Node | null = null;
  /** Buffer address of the operand, proven writable. */
  private writable: Node | null = null;
  private displacement: Node | null = null;
  private readonly emitter: Emitter;
  private readonly context: RegionContext;
  private readonly op: Op;
  private readonly instruction: Instruction;

  constructor(emitter: Emitter, context: RegionContext, op: Op, instruction: Instruction) {
    this.emitter = emitter;
    this.context = context;
    this.op = op;
    this.instruction = instruction;
  }

  displace(bytes: Node): void {
    this.displacement = bytes;
  }

  /** Offset within the segment, wrapped to the address size, as a 64-bit value. */
  effectiveAddress(operand: MemoryOperand): Node {
    const { addressSize } = this.op.instruction;
    if (addressSize === 16) this.instruction.refuse();
    this.offset ??= addressSize === 64 ? this.offset64(operand) : extendUnsigned(this.offset32(operand));
    return this.offset;
  }

  private offset64(operand: MemoryOperand): Node {
    let sum: Node | null = operand.base >= 0 ? this.instruction.register(operand.base) : null;
    if (operand.index >= 0) {
      const shift = constant64(Math.log2(operand.scale), 0);
      const scaled = binary64(OP.i64Shl, this.instruction.register(operand.index), shift);
      sum = sum === null ? scaled : binary64(OP.i64Add, sum, scaled);
    }
    const constant = constant64(this.op.dispLow, this.op.dispHigh);
    sum = sum === null ? constant : binary64(OP.i64Add, sum, constant);
    return this.displacement === null ? sum : binary64(OP.i64Add, sum, this.displacement);
  }

  private offset32(operand: MemoryOperand): Node {
    let sum = constant32(32, this.op.dispLow);
    const add = (value: Node): void => {
      sum = isConstant(sum) && sum.low === 0 ? value : binary32(32, OP.i32Add, value, sum);
    };
    if (operand.base >= 0) add(wrap(this.instruction.register(operand.base)));
    if (operand.index >= 0)
      add(shift32(OP.i32Shl, wrap(this.instruction.register(operand.index)), Math.log2(operand.scale)));
    if (this.displacement !== null) add(wrap(this.displacement));
    return sum;
  }

  private linearAddress(operand: MemoryOperand): Node {
    this.linear ??= this.inSegment(this.effectiveAddress(operand), operand.segment);
    return this.linear;
  }

  private inSegment(offset: Node, segment: number): Node {
    if (this.context.codeBits === 64) {
      if (segment < FS) return offset;
      return binary64(OP.i64Add, offset, stateField(64, (SEGMENTS + segment * SEGMENT_STRIDE + SEGMENT_BASE) * 4));
    }
    if ((this.context.flatSegments & (1 << segment)) === 0) this.instruction.refuse();
    this.context.usedSegments |= 1 << segment;
    return offset;
  }

  /**
   * Emits the look-up of a linear address.
   * @returns the address in the flat buffer, kept in a local
   */
  private locate(linear: Node, width: number, access: typeof ACCESS_READ | typeof ACCESS_WRITE): Node {
    this.used = true;
    const { emitter } = this;
    const bytes = width / 8;
    emitter.push(linear);
    const address = emitter.hold(64, I64);
    emitter.push(wrap(address));
    const low = emitter.hold(32, I32);
    this.pushEntry(low);
    const entry = emitter.hold(32, I32);
    this.pushMismatch(entry, low, address, bytes, access);
    emitter.op(OP.if, I32);
    emitter.depth++;
    this.missed(low, address, bytes | (access === ACCESS_WRITE ? 16 : 0));
    emitter.op(OP.else);
    emitter.push(entry);
    emitter.memory(OP.i32Load, OFFSET_BYTES);
    emitter.push(binary32(32, OP.i32And, low, constant32(32, 0xfff)));
    emitter.op(OP.i32Add);
    emitter.depth--;
    emitter.op(OP.end);
    return emitter.hold(32, I32);
  }

  private pushEntry(low: Node): void {
    const { emitter } = this;
    emitter.index(OP.localGet, TLB_BASE);
    emitter.push(low);
    emitter.i32(PAGE_SHIFT - Math.log2(ENTRY_BYTES));
    emitter.op(OP.i32ShrU);
    emitter.i32((TLB_ENTRIES - 1) * ENTRY_BYTES);
    emitter.op(OP.i32And, OP.i32Add);
  }

  /** Zero if the entry proves the access. An access that leaves the page has another tag. */
  private pushMismatch(entry: Node, low: Node, address: Node, bytes: number, access: number): void {
    const { emitter } = this;
    emitter.push(entry);
    emitter.memory(OP.i32Load, access * 4);
    emitter.push(bytes === 1 ? low : binary32(32, OP.i32Add, low, constant32(32, bytes - 1)));
    emitter.i32(~0xfff);
    emitter.op(OP.i32And, OP.i32Xor);
    emitter.push(entry);
    emitter.memory(OP.i32Load, TAG_HIGH_BYTES);
    if (this.context.codeBits === 64) {
      emitter.push(wrap(binary64(OP.i64ShrU, address, constant64(32, 0))));
      emitter.op(OP.i32Xor);
    }
    emitter.op(OP.i32Or);
  }

  private missed(low: Node, address: Node, kind: number): void {
    const { emitter } = this;
    emitter.scope(() => {
      emitter.push(low);
      emitter.push(wrap(binary64(OP.i64ShrU, address, constant64(32, 0))));
      emitter.i32(kind);
      emitter.index(OP.call, IMPORT_MISS);
      const found = emitter.hold(32, I32);
      emitter.push(found);
      emitter.i32(0);
      emitter.op(OP.i32LtS);
      emitter.when(() => this.context.leaveBefore(this.instruction.flags));
      emitter.push(found);
    });
  }

  load(operand: MemoryOperand, width: OperandWidth, forWrite: boolean): Node {
    const at = this.locate(this.linearAddress(operand), width, forWrite ? ACCESS_WRITE : ACCESS_READ);
    if (forWrite) this.writable = at;
    return this.loadAt(at, width);
  }

  private loadAt(at: Node, width: OperandWidth): Node {
    this.emitter.push(at);
    this.emitter.memory(LOADS[width]!);
    return this.emitter.hold(width, width === 64 ? I64 : I32);
  }

  store(operand: MemoryOperand, value: Node): void {
    const at = this.writable ?? this.locate(this.linearAddress(operand), value.width, ACCESS_WRITE);
    this.storeAt(at, value);
  }

  private storeAt(at: Node, value: Node): void {
    this.emitter.push(at);
    this.emitter.push(value);
    this.emitter.memory(STORES[value.width]!);
  }

  push(value: Node): void {
    const next = this.stackAddress(RSP, -value.width / 8);
    const linear = this.inSegment(next, SS);
    this.storeAt(this.locate(linear, value.width, ACCESS_WRITE), value);
    this.instruction.staged.set(RSP, next);
  }

  /** Pops from where RBP (`frame`) or RSP points. */
  pop(width: OperandWidth, frame: boolean): Node {
    const from = this.stackAddress(frame ? RBP : RSP, 0);
    const value = this.loadAt(this.locate(this.inSegment(from, SS), width, ACCESS_READ), width);
    this.instruction.staged.set(RSP, this.stackAddress(frame ? RBP : RSP, width / 8));
    return value;
  }

  /** A register displaced and wrapped to the width of the stack. */
  private stackAddress(register: number, displacement: number): Node {
    const whole = this.instruction.register(register);
    if (this.context.codeBits === 64)
      return binary64(OP.i64Add, whole, constant64(displacement, displacement < 0 ? -1 : 0));
    return extendUnsigned(binary32(32, OP.i32Add, wrap(whole), constant32(32, displacement)));
  }

  /** Leaves unless code may be fetched from the target: with 48 bits canonical, or within the limit of CS. */
  checkTarget(target: Node): void {
    if (this.context.codeBits === 32 && isConstant(target)) {
      if (target.low >>> 0 > this.context.codeLimit >>> 0) this.instruction.refuse();
      return;
    }
    this.used = true;
    this.emitter.push(this.context.codeBits === 64 ? beyondCanonical(target) : beyondLimit(target));
    this.emitter.when(() => this.context.leaveBefore(this.instruction.flags));
  }
}

function beyondCanonical(target: Node): Node {
  const sixteen = constant64(16, 0);
  const extended = binary64(OP.i64ShrS, binary64(OP.i64Shl, target, sixteen), sixteen);
  return compare64(OP.i64Ne, extended, target);
}

function beyondLimit(target: Node): Node {
  return binary32(1, OP.i32GtU, target, stateField(32, (SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT_LIMIT) * 4));
}
