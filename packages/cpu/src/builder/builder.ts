/** Width of a value in bits; 1 is a truth value. */
export type Width = 1 | 8 | 16 | 32 | 64;
export type OperandWidth = 8 | 16 | 32 | 64;

/** A value computed by an instruction. What it is made of is the back end's business. */
export interface Value {
  readonly width: Width;
}

/** Arithmetic flags that can be read one by one. */
export type FlagName = "C" | "P" | "A" | "Z" | "S" | "O";

/**
 * What an instruction's meaning is written against, once. Back ends turn the calls into JavaScript, later WebAssembly. Values are
 * unsigned patterns of their width; operations wrap. A load, store, push or pop that faults ends the instruction with nothing
 * after it done, so results go to memory before they go to flags and registers.
 */
export interface Builder {
  /** Effective operand size of the instruction. */
  readonly operandSize: OperandWidth;
  readonly addressSize: 16 | 32 | 64;
  readonly codeBits: 16 | 32 | 64;
  /** Kinds of the explicit operands. */
  operandKind(position: number): "register" | "memory" | "immediate" | "other";
  operandWidth(position: number): OperandWidth;

  constant(width: OperandWidth, value: number): Value;
  /** Explicit operand; an immediate takes the width asked for. */
  read(position: number, width?: OperandWidth): Value;
  /** Reads a memory operand proving that it can be written as well. */
  readForWrite(position: number): Value;
  write(position: number, value: Value): void;
  /** General-purpose register by number, low part of the given width. */
  readRegister(register: number, width: OperandWidth): Value;
  /** Writes a register; 32-bit writes clear the upper half. */
  writeRegister(register: number, value: Value): void;
  /** Effective address of a memory operand, without segment base (LEA). */
  effectiveAddress(position: number): Value;
  /** Moves the memory operand by a signed 64-bit (or address-size) number of bytes before it is first used. */
  displaceMemory(bytes: Value): void;
  push(value: Value): void;
  pop(width: OperandWidth): Value;
  /** Pops from where RBP points, leaving RSP behind the value (LEAVE). */
  popFrame(width: OperandWidth): Value;

  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  and(a: Value, b: Value): Value;
  or(a: Value, b: Value): Value;
  xor(a: Value, b: Value): Value;
  not(a: Value): Value;
  /** Shifts by a count (any width below 64 bits of value, taken modulo nothing: the caller masks) below the value's width. */
  shl(a: Value, count: Value): Value;
  shr(a: Value, count: Value): Value;
  sar(a: Value, count: Value): Value;
  zeroExtend(a: Value, width: OperandWidth): Value;
  signExtend(a: Value, width: OperandWidth): Value;
  truncate(a: Value, width: OperandWidth): Value;
  equal(a: Value, b: Value): Value;
  lessUnsigned(a: Value, b: Value): Value;
  isZero(a: Value): Value;
  /** Bit `index` (constant) of a value as a truth value. */
  bit(a: Value, index: number): Value;
  /** Truth value to 0 or 1 of a width. */
  fromTruth(condition: Value, width: OperandWidth): Value;
  select(condition: Value, yes: Value, no: Value): Value;

  flag(name: FlagName): Value;
  /** Jump condition 0-15. */
  condition(cc: number): Value;
  /** Flags of `result = a + b` (or with carry). */
  flagsAdd(a: Value, b: Value, result: Value): void;
  flagsSub(a: Value, b: Value, result: Value): void;
  /** As `flagsAdd` / `flagsSub` but CF stays (INC, DEC). */
  flagsAddKeepCarry(a: Value, b: Value, result: Value): void;
  flagsSubKeepCarry(a: Value, b: Value, result: Value): void;
  /** ZF, SF, PF from the result; CF and OF cleared. */
  flagsLogic(result: Value): void;
  /** ZF, SF, PF from the result; CF and OF as given; AF cleared. */
  flagsShift(result: Value, carry: Value, overflow: Value): void;
  /** Only CF. */
  setCarry(carry: Value): void;
  /** Only CF and OF. */
  setCarryOverflow(carry: Value, overflow: Value): void;
  /** Only ZF. */
  setZero(zero: Value): void;

  when(condition: Value, body: () => void): void;
  /** Calls a helper (`helpers.ts`) for a result of the given width. Helpers that may fault end the instruction when they do. */
  call(helper: string, width: OperandWidth, args: readonly Value[]): Value;
  /** Raises #GP(0) unless code may be fetched from the target: canonical, or within the limit of CS outside 64-bit mode. */
  checkTarget(target: Value): void;
  /** Continues at a computed address instead of the next instruction. */
  jump(target: Value): void;
  /** The relative target of the instruction. */
  branchTarget(): Value;
  /** Address of the next instruction. */
  nextRip(): Value;
}

/** An instruction's meaning. */
export type Semantics = (b: Builder) => void;
