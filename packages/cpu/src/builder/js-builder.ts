import type { MemoryOperand, Operand } from "../decode/instruction.ts";
import type { Executor } from "../op.ts";
import { RIP } from "../state-layout.ts";
import type { Builder, FlagName, OperandWidth, Semantics, Value } from "./builder.ts";
import { HELPERS } from "./helpers.ts";
import { JsArithmetic, JsLines } from "./js-arithmetic.ts";
import { JsFlags } from "./js-flags.ts";
import { BAIL, JsMemory } from "./js-memory.ts";
import { asJs, type JsValue, jsValue, literal } from "./js-values.ts";
import type { Shape } from "./shape.ts";

/** Builds the source of one executor. */
class JsBuilder implements Builder {
  readonly operandSize: OperandWidth;
  readonly addressSize: 16 | 32 | 64;
  readonly codeBits: 16 | 32 | 64;
  readonly out = new JsLines();
  private readonly math = new JsArithmetic(this.out);
  private readonly flags = new JsFlags(this.out);
  private readonly memory: JsMemory;
  private readonly operands: readonly Operand[];
  private jumped = false;

  constructor(shape: Shape) {
    this.operandSize = shape.instruction.operandSize;
    this.addressSize = shape.instruction.addressSize;
    this.codeBits = shape.codeBits;
    this.operands = shape.instruction.operands;
    this.memory = new JsMemory(this.out, this.math, shape);
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

  constant(width: OperandWidth, value: number): Value {
    return literal(width, value);
  }

  /** Which of `r0`, `r1`, `r2` holds the register operand at a position. */
  private registerSlot(position: number): string {
    let slot = 0;
    for (let i = 0; i < position; i++) if (this.operands[i]!.kind === "register") slot++;
    return `i.r${slot}`;
  }

  read(position: number, width = this.operandWidth(position)): Value {
    const operand = this.operands[position]!;
    if (operand.kind === "memory") return this.memory.load(operand, width, false);
    if (operand.kind === "immediate") return this.immediate(width);
    if (operand.kind === "register") return this.readWord(this.registerSlot(position), width, operand.high8);
    throw new Error(`operand ${position} cannot be read as a value`);
  }

  private immediate(width: OperandWidth): JsValue {
    if (width === 64) return jsValue(64, "i.immLow", "i.immHigh");
    if (width === 32) return jsValue(32, "i.immLow");
    return jsValue(width, this.out.fresh(`i.immLow & ${width === 8 ? 255 : 65535}`));
  }

  private readWord(word: string, width: OperandWidth, high8: boolean): JsValue {
    if (width === 64) return jsValue(64, this.out.fresh(`s[${word}]`), this.out.fresh(`s[${word} + 1]`));
    if (width === 32) return jsValue(32, this.out.fresh(`s[${word}]`));
    if (high8) return jsValue(8, this.out.fresh(`(s[${word}] >>> 8) & 255`));
    return jsValue(width, this.out.fresh(`s[${word}] & ${width === 8 ? 255 : 65535}`));
  }

  private writeWord(word: string, value: JsValue, high8: boolean): void {
    if (value.width === 64) this.out.push(`s[${word}] = ${value.lo}; s[${word} + 1] = ${value.hi};`);
    else if (value.width === 32) this.out.push(`s[${word}] = ${value.lo}; s[${word} + 1] = 0;`);
    else if (value.width === 16) this.out.push(`s[${word}] = (s[${word}] & -65536) | ${value.lo};`);
    else if (high8) this.out.push(`s[${word}] = (s[${word}] & -65281) | (${value.lo} << 8);`);
    else this.out.push(`s[${word}] = (s[${word}] & -256) | ${value.lo};`);
  }

  readForWrite(position: number): Value {
    const operand = this.operands[position]!;
    if (operand.kind === "memory") return this.memory.load(operand, this.operandWidth(position), true);
    return this.read(position);
  }

  write(position: number, value: Value): void {
    const operand = this.operands[position]!;
    if (operand.kind === "memory") this.memory.store(operand, asJs(value));
    else if (operand.kind === "register") this.writeWord(this.registerSlot(position), asJs(value), operand.high8);
    else throw new Error(`operand ${position} cannot be written`);
  }

  readRegister(register: number, width: OperandWidth): Value {
    return this.readWord(String(register * 2), width, false);
  }

  writeRegister(register: number, value: Value): void {
    this.writeWord(String(register * 2), asJs(value), false);
  }

  effectiveAddress(position: number): Value {
    return this.memory.effectiveAddress(this.operands[position] as MemoryOperand);
  }

  displaceMemory(bytes: Value): void {
    this.memory.displace(asJs(bytes));
  }

  push(value: Value): void {
    this.memory.push(asJs(value));
  }

  pop(width: OperandWidth): Value {
    return this.memory.pop(width, false);
  }

  popFrame(width: OperandWidth): Value {
    return this.memory.pop(width, true);
  }

  add(a: Value, b: Value): Value {
    return this.math.add(a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.math.sub(a, b);
  }
  and(a: Value, b: Value): Value {
    return this.math.bitwise("&", a, b);
  }
  or(a: Value, b: Value): Value {
    return this.math.bitwise("|", a, b);
  }
  xor(a: Value, b: Value): Value {
    return this.math.bitwise("^", a, b);
  }
  not(a: Value): Value {
    return this.math.not(a);
  }
  shl(a: Value, count: Value): Value {
    return this.math.shift("shl", a, count);
  }
  shr(a: Value, count: Value): Value {
    return this.math.shift("shr", a, count);
  }
  sar(a: Value, count: Value): Value {
    return this.math.shift("sar", a, count);
  }
  zeroExtend(a: Value, width: OperandWidth): Value {
    return this.math.zeroExtend(a, width);
  }
  signExtend(a: Value, width: OperandWidth): Value {
    return this.math.signExtend(a, width);
  }
  truncate(a: Value, width: OperandWidth): Value {
    return this.math.truncate(a, width);
  }
  equal(a: Value, b: Value): Value {
    return this.math.equal(a, b);
  }
  lessUnsigned(a: Value, b: Value): Value {
    return this.math.lessUnsigned(a, b);
  }
  bit(a: Value, index: number): Value {
    return this.math.bit(a, index);
  }
  select(condition: Value, yes: Value, no: Value): Value {
    return this.math.select(condition, yes, no);
  }

  isZero(a: Value): Value {
    const x = asJs(a);
    return jsValue(1, this.out.fresh(`${x.width === 64 ? `(${x.lo} | ${x.hi})` : x.lo} === 0 ? 1 : 0`));
  }

  fromTruth(condition: Value, width: OperandWidth): Value {
    return jsValue(width, asJs(condition).lo, "0");
  }

  flag(name: FlagName): Value {
    return this.flags.flag(name);
  }
  condition(cc: number): Value {
    return this.flags.condition(cc);
  }
  flagsAdd(a: Value, b: Value, result: Value): void {
    this.flags.arithmetic("add", a, b, result);
  }
  flagsSub(a: Value, b: Value, result: Value): void {
    this.flags.arithmetic("sub", a, b, result);
  }
  flagsAddKeepCarry(a: Value, b: Value, result: Value): void {
    this.flags.arithmeticKeepCarry("add", a, b, result);
  }
  flagsSubKeepCarry(a: Value, b: Value, result: Value): void {
    this.flags.arithmeticKeepCarry("sub", a, b, result);
  }
  flagsLogic(result: Value): void {
    this.flags.logic(result);
  }
  flagsShift(result: Value, carry: Value, overflow: Value): void {
    this.flags.shift(result, carry, overflow);
  }
  setCarry(carry: Value): void {
    this.flags.setCarry(carry);
  }
  setCarryOverflow(carry: Value, overflow: Value): void {
    this.flags.setCarryOverflow(carry, overflow);
  }
  setZero(zero: Value): void {
    this.flags.setZero(zero);
  }

  when(condition: Value, body: () => void): void {
    this.out.push(`if (${asJs(condition).lo} !== 0) {`);
    body();
    this.out.push("}");
  }

  call(helper: string, width: OperandWidth, args: readonly Value[]): Value {
    const list = args.map((arg) => {
      const x = asJs(arg);
      return x.width === 64 ? `${x.lo}, ${x.hi}` : x.lo;
    });
    const lo = this.out.fresh(`h.${helper}(${["c", ...list].join(", ")})`);
    this.out.push(BAIL);
    return width === 64 ? jsValue(64, lo, this.out.fresh("c.hi")) : this.math.truncate(jsValue(32, lo), width);
  }

  checkTarget(target: Value): void {
    this.memory.checkTarget(asJs(target));
  }

  jump(target: Value): void {
    const x = asJs(target);
    this.jumped = true;
    this.out.push(`s[${RIP}] = ${x.lo}; s[${RIP + 1}] = ${x.width === 64 ? x.hi : "0"};`);
  }

  branchTarget(): Value {
    return this.codeBits === 64 ? jsValue(64, "i.targetLow", "i.targetHigh") : jsValue(32, "i.targetLow");
  }

  nextRip(): Value {
    return this.codeBits === 64 ? jsValue(64, "i.nextLow", "i.nextHigh") : jsValue(32, "i.nextLow");
  }

  source(): string {
    return `return function (c, i) { const s = c.s;\n${this.out.lines.join("\n")}\nreturn ${this.jumped ? 1 : 0};\n}`;
  }
}

const compiled = new Map<string, Executor>();

/**
 * The JavaScript back end: compiles an instruction shape to an executor, once per shape and process. Executors hold no state of
 * their own, so all processors share them.
 */
export function compileShape(shape: Shape, semantics: Semantics): Executor {
  const known = compiled.get(shape.key);
  if (known !== undefined) return known;
  const builder = new JsBuilder(shape);
  semantics(builder);
  const executor = new Function("h", builder.source())(HELPERS) as Executor;
  compiled.set(shape.key, executor);
  return executor;
}
