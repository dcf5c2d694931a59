import type { Builder, FlagName, OperandWidth, Value } from "../builder/builder.ts";
import type { MemoryOperand, Operand } from "../decode/instruction.ts";
import type { Op } from "../op.ts";
import type { Emitter } from "./emitter.ts";
import { ExpressionBuilder } from "./expression-builder.ts";
import { FlagState } from "./flag-state.ts";
import { inlineHelper } from "./inline-helpers.ts";
import { MemoryAccess } from "./memory-access.ts";
import {
  asNode,
  binary64,
  constant32,
  constant64,
  extendUnsigned,
  isConstant,
  type Node,
  narrow,
  selectNode,
  shift32,
  wrap,
} from "./node.ts";
import { OP } from "./opcodes.ts";
import type { RegionContext } from "./region-context.ts";
import type { RegisterFile } from "./register-file.ts";

/**
 * The WebAssembly back end's builder of one instruction. Registers and flags are staged and take effect when the instruction is complete, so that
 * it can be left at any access with nothing done.
 */
export class OperationBuilder extends ExpressionBuilder implements Builder {
  readonly operandSize: OperandWidth;
  readonly addressSize: 16 | 32 | 64;
  readonly codeBits: 16 | 32 | 64;
  readonly staged = new Map<number, Node>();
  flags: FlagState;
  /** Where the instruction jumps. */
  target: Node | null = null;
  /** It is beyond this back end: the JavaScript executor must do it. */
  unsupported = false;
  /** It has looked at flags, or left some as they were. */
  needsFlags = false;
  private readonly op: Op;
  private readonly operands: readonly Operand[];
  private readonly memory: MemoryAccess;
  private readonly registers: RegisterFile;

  constructor(emitter: Emitter, context: RegionContext, registers: RegisterFile, op: Op, flags: FlagState) {
    super();
    this.op = op;
    this.operands = op.instruction.operands;
    this.operandSize = op.instruction.operandSize as OperandWidth;
    this.addressSize = op.instruction.addressSize;
    this.codeBits = context.codeBits;
    this.registers = registers;
    this.flags = flags;
    this.memory = new MemoryAccess(emitter, context, op, this);
  }

  /** Whether the instruction may leave the region before it is complete. */
  get mayLeave(): boolean {
    return this.memory.used;
  }

  refuse(): void {
    this.unsupported = true;
  }

  operandKind(position: number): "register" | "memory" | "immediate" | "other" {
    const kind = this.operands[position]?.kind;
    return kind === "register" || kind === "memory" || kind === "immediate" ? kind : "other";
  }

  operandWidth(position: number): OperandWidth {
    const operand = this.operands[position];
    const size = operand && "size" in operand ? operand.size : 0;
    return size === 8 || size === 16 || size === 32 || size === 64 ? size : this.operandSize;
  }

  // --- Operands. ---

  /** A whole register, as this instruction has left it. */
  register(register: number): Node {
    return this.staged.get(register) ?? this.registers.current[register]!;
  }

  readRegister(register: number, width: OperandWidth): Node {
    const whole = this.register(register);
    return width === 64 ? whole : narrow(wrap(whole, width), width);
  }

  writeRegister(register: number, value: Value): void {
    this.stage(register, asNode(value), false);
  }

  private stage(register: number, value: Node, high8: boolean): void {
    this.staged.set(register, this.merged(register, value, high8));
  }

  private merged(register: number, value: Node, high8: boolean): Node {
    if (value.width === 64) return value;
    if (value.width === 32) return extendUnsigned(value);
    const old = this.register(register);
    const mask = value.width === 16 ? 0xffff : high8 ? 0xff00 : 0xff;
    const kept = binary64(OP.i64And, old, constant64(~mask, -1));
    return binary64(OP.i64Or, kept, extendUnsigned(high8 ? shift32(OP.i32Shl, value, 8) : value));
  }

  read(position: number, width = this.operandWidth(position)): Node {
    const operand = this.operands[position]!;
    if (operand.kind === "memory") return this.memory.load(operand, width, false);
    if (operand.kind === "immediate") return this.immediate(width);
    if (operand.kind !== "register") throw new Error(`operand ${position} cannot be read as a value`);
    if (!operand.high8) return this.readRegister(operand.index, width);
    return narrow(shift32(OP.i32ShrU, wrap(this.register(operand.index)), 8), 8);
  }

  private immediate(width: OperandWidth): Node {
    const { immLow, immHigh } = this.op;
    return width === 64 ? constant64(immLow, immHigh) : this.constant(width, immLow);
  }

  readForWrite(position: number): Node {
    const operand = this.operands[position]!;
    return operand.kind === "memory"
      ? this.memory.load(operand, this.operandWidth(position), true)
      : this.read(position);
  }

  write(position: number, value: Value): void {
    const operand = this.operands[position]!;
    if (operand.kind === "memory") this.memory.store(operand, asNode(value));
    else if (operand.kind === "register") this.stage(operand.index, asNode(value), operand.high8);
    else throw new Error(`operand ${position} cannot be written`);
  }

  effectiveAddress(position: number): Node {
    return this.memory.effectiveAddress(this.operands[position] as MemoryOperand);
  }

  displaceMemory(bytes: Value): void {
    this.memory.displace(asNode(bytes));
  }

  push(value: Value): void {
    this.memory.push(asNode(value));
  }

  pop(width: OperandWidth): Node {
    return this.memory.pop(width, false);
  }

  popFrame(width: OperandWidth): Node {
    return this.memory.pop(width, true);
  }

  // --- Flags. ---

  flag(name: FlagName): Node {
    this.needsFlags = true;
    return this.flags.flag(name);
  }

  condition(cc: number): Node {
    this.needsFlags = true;
    return this.flags.condition(cc);
  }

  flagsAdd(a: Value, b: Value, result: Value): void {
    this.flags = FlagState.arithmetic("add", asNode(a), asNode(b), asNode(result));
  }
  flagsSub(a: Value, b: Value, result: Value): void {
    this.flags = FlagState.arithmetic("sub", asNode(a), asNode(b), asNode(result));
  }
  flagsAddKeepCarry(a: Value, b: Value, result: Value): void {
    this.needsFlags = true;
    this.flags = this.flags.keepingCarry("add", asNode(a), asNode(b), asNode(result));
  }
  flagsSubKeepCarry(a: Value, b: Value, result: Value): void {
    this.needsFlags = true;
    this.flags = this.flags.keepingCarry("sub", asNode(a), asNode(b), asNode(result));
  }
  flagsLogic(result: Value): void {
    this.flags = FlagState.logic(asNode(result));
  }
  flagsShift(result: Value, carry: Value, overflow: Value): void {
    this.flags = FlagState.shift(asNode(result), asNode(carry), asNode(overflow));
  }
  setCarry(carry: Value): void {
    this.needsFlags = true;
    this.flags = this.flags.withCarry(asNode(carry));
  }
  setCarryOverflow(carry: Value, overflow: Value): void {
    this.needsFlags = true;
    this.flags = this.flags.withCarryOverflow(asNode(carry), asNode(overflow));
  }
  setZero(zero: Value): void {
    this.needsFlags = true;
    this.flags = this.flags.withZero(asNode(zero));
  }

  /** Both outcomes are expressions: what the body stages is chosen by the condition. */
  when(condition: Value, body: () => void): void {
    const chosen = asNode(condition);
    if (isConstant(chosen)) {
      if (chosen.low !== 0) body();
      return;
    }
    const before = new Map(this.staged);
    const flags = this.flags;
    body();
    for (const [register, value] of this.staged) {
      const old = before.get(register) ?? this.registers.current[register]!;
      if (value !== old) this.staged.set(register, selectNode(chosen, value, old));
    }
    if (this.flags === flags) return;
    this.needsFlags = true;
    this.flags = FlagState.choose(chosen, this.flags, flags);
  }

  call(helper: string, width: OperandWidth, args: readonly Value[]): Node {
    const inline = inlineHelper(helper, args.map(asNode));
    if (inline === null) this.refuse();
    return this.fit(inline ?? this.constant(width, 0), width);
  }

  private fit(value: Node, width: OperandWidth): Node {
    if (value.width === width) return value;
    return value.width === 64 ? this.truncate(value, width) : this.zeroExtend(value, width);
  }

  // --- Control flow. ---

  checkTarget(target: Value): void {
    this.memory.checkTarget(asNode(target));
  }

  jump(target: Value): void {
    this.target = asNode(target);
  }

  branchTarget(): Node {
    const { targetLow, targetHigh } = this.op;
    return this.codeBits === 64 ? constant64(targetLow, targetHigh) : constant32(32, targetLow);
  }

  nextRip(): Node {
    const { nextLow, nextHigh } = this.op;
    return this.codeBits === 64 ? constant64(nextLow, nextHigh) : constant32(32, nextLow);
  }
}
