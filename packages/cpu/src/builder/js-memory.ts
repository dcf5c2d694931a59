import type { MemoryOperand } from "../decode/instruction.ts";
import { CS, SEGMENT_BASE, SEGMENT_LIMIT, SEGMENT_STRIDE, SEGMENTS } from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import type { OperandWidth } from "./builder.ts";
import type { JsArithmetic, JsLines } from "./js-arithmetic.ts";
import { asJs, type JsValue, jsValue } from "./js-values.ts";
import type { Shape } from "./shape.ts";

/** Ends the executor when the last access faulted. */
export const BAIL = "if (c.fault !== 0) return 2;";
/** The same after an access to the stack, where a non-canonical address is #SS(0) whatever segment the instruction's operand has. */
const STACK_BAIL = "if (c.fault !== 0) { if (c.nonCanonical) c.raise(12, 0); return 2; }";

/** Addresses, loads and stores of the JavaScript back end. */
export class JsMemory {
  private offset: JsValue | null = null;
  private linear: JsValue | null = null;
  private displacement: JsValue | null = null;
  /** What ends the executor after an exception; it takes back what a pop has moved. */
  private bail = BAIL;
  /** Sets RSP to what it was before a pop, and to what it is behind it. */
  private popped: { readonly undo: string; readonly redo: string } | null = null;
  private readonly out: JsLines;
  private readonly math: JsArithmetic;
  private readonly shape: Shape;

  constructor(out: JsLines, math: JsArithmetic, shape: Shape) {
    this.out = out;
    this.math = math;
    this.shape = shape;
  }

  displace(bytes: JsValue): void {
    this.displacement = bytes;
  }

  /** Offset within the segment: base + index * scale + displacement, wrapped to the address size, as a 64-bit value. */
  effectiveAddress(operand: MemoryOperand): JsValue {
    this.offset ??= this.shape.instruction.addressSize === 64 ? this.offset64(operand) : this.offset32(operand);
    return this.offset;
  }

  private offset64(operand: MemoryOperand): JsValue {
    let sum = jsValue(64, "i.dispLow", "i.dispHigh");
    if (operand.base >= 0)
      sum = this.math.add(jsValue(64, this.out.fresh("s[i.base]"), this.out.fresh("s[i.base + 1]")), sum);
    if (operand.index >= 0) {
      const index = jsValue(64, this.out.fresh("s[i.index]"), this.out.fresh("s[i.index + 1]"));
      const shift = Math.log2(operand.scale);
      const scaled =
        shift === 0
          ? index
          : jsValue(
              64,
              this.out.fresh(`${index.lo} << ${shift}`),
              this.out.fresh(`(${index.hi} << ${shift}) | (${index.lo} >>> ${32 - shift})`),
            );
      sum = this.math.add(sum, scaled);
    }
    if (this.displacement !== null) sum = this.math.add(sum, this.displacement);
    return sum;
  }

  private offset32(operand: MemoryOperand): JsValue {
    const parts = ["i.dispLow"];
    if (operand.base >= 0) parts.push("s[i.base]");
    if (operand.index >= 0) parts.push(`(s[i.index] << ${Math.log2(operand.scale)})`);
    if (this.displacement !== null) parts.push(this.displacement.lo);
    const wrapTo = this.shape.instruction.addressSize === 16 ? "& 65535" : "| 0";
    return jsValue(64, this.out.fresh(`(${parts.join(" + ")}) ${wrapTo}`), "0");
  }

  private linearAddress(operand: MemoryOperand, width: OperandWidth, write: boolean): JsValue {
    if (this.linear !== null) return this.linear;
    const offset = this.effectiveAddress(operand);
    if (this.shape.codeBits === 64) this.linear = this.linear64(operand, offset);
    else {
      const low = this.out.fresh(
        `h.linear(c, i.segment, ${offset.lo}, ${width / 8}, ${write ? ACCESS_WRITE : ACCESS_READ})`,
      );
      this.out.push(this.bail);
      this.linear = jsValue(64, low, "0");
    }
    return this.linear;
  }

  private linear64(operand: MemoryOperand, offset: JsValue): JsValue {
    if (operand.segment < 4) return offset;
    // The shape key tells FS/GS from the rest, not which of the two: index by the op.
    const base = `${SEGMENTS + SEGMENT_BASE} + i.segment * ${SEGMENT_STRIDE}`;
    return this.math.add(offset, jsValue(64, this.out.fresh(`s[${base}]`), this.out.fresh(`s[${base} + 1]`)));
  }

  load(operand: MemoryOperand, width: OperandWidth, forWrite: boolean): JsValue {
    const at = this.linearAddress(operand, width, forWrite);
    if (forWrite) this.out.push(`if (!c.probeWrite(${at.lo}, ${at.hi}, ${width / 8})) return 2;`);
    return this.loadAt(at, width);
  }

  private loadAt(at: JsValue, width: OperandWidth, bail = this.bail): JsValue {
    const lo = this.out.fresh(`c.load${width}(${at.lo}, ${at.hi})`);
    this.out.push(bail);
    return width === 64 ? jsValue(64, lo, this.out.fresh("c.hi")) : jsValue(width, lo);
  }

  store(operand: MemoryOperand, value: JsValue): void {
    const at = this.linearAddress(operand, value.width as OperandWidth, true);
    if (this.popped === null) {
      this.storeAt(at, value);
      return;
    }
    // The address is made with RSP as the pop leaves it; a VM exit in the store saves RSP as it was before.
    this.out.push(this.popped.undo);
    this.storeAt(at, value, BAIL);
    this.out.push(this.popped.redo);
  }

  private storeAt(at: JsValue, value: JsValue, bail = this.bail): void {
    const args = value.width === 64 ? `${value.lo}, ${value.hi}` : value.lo;
    this.out.push(`c.store${value.width}(${at.lo}, ${at.hi}, ${args});`);
    this.out.push(bail);
  }

  push(value: JsValue): void {
    if (this.shape.codeBits !== 64) {
      this.out.push(`h.push(c, ${value.lo}, 0, ${value.width}); ${BAIL}`);
      return;
    }
    const bytes = value.width / 8;
    const low = this.out.fresh(`(s[8] - ${bytes}) | 0`);
    const high = this.out.fresh(`(s[9] - ((s[8] >>> 0) < ${bytes} ? 1 : 0)) | 0`);
    this.storeAt(jsValue(64, low, high), value, STACK_BAIL);
    this.out.push(`s[8] = ${low}; s[9] = ${high};`);
  }

  /** Pops from where RBP (`frame`) or RSP points; RSP ends up behind the value, and stays as it was on a fault. */
  pop(width: OperandWidth, frame: boolean): JsValue {
    if (this.shape.codeBits !== 64) return this.popLegacy(width, frame);
    const word = frame ? 10 : 8;
    const old = jsValue(64, this.out.fresh(`s[${word}]`), this.out.fresh(`s[${word + 1}]`));
    const value = this.loadAt(old, width, STACK_BAIL);
    const next = asJs(this.math.add(old, jsValue(64, String(width / 8), "0")));
    this.move(`s[8] = ${old.lo}; s[9] = ${old.hi};`, `s[8] = ${next.lo}; s[9] = ${next.hi};`, frame);
    this.out.push(`s[8] = ${next.lo}; s[9] = ${next.hi};`);
    return value;
  }

  checkTarget(target: JsValue): void {
    const limit = `s[${SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT_LIMIT}]`;
    const fits =
      this.shape.codeBits === 64 ? `c.isCanonical(${target.hi})` : `(${target.lo} >>> 0) <= (${limit} >>> 0)`;
    this.out.push(`if (!(${fits})) c.raise(13, 0);`, this.bail);
  }

  private move(undo: string, redo: string, frame: boolean): void {
    if (frame) return;
    this.popped = { undo, redo };
    this.bail = `if (c.fault !== 0) { ${undo} return 2; }`;
  }

  private popLegacy(width: OperandWidth, frame: boolean): JsValue {
    const old = this.out.fresh("s[8]");
    const low = this.out.fresh(frame ? `h.popFrame(c, ${width})` : `h.pop(c, ${width})`);
    this.out.push(BAIL);
    this.move(`s[8] = ${old};`, `s[8] = ${this.out.fresh("s[8]")};`, frame);
    return jsValue(width, low);
  }
}
