import type { OperandWidth, Value } from "./builder.ts";
import { asJs, type JsValue, jsValue, signed32, wrap } from "./js-values.ts";

/** Collects the lines of one executor and hands out names. */
export class JsLines {
  readonly lines: string[] = [];
  private names = 0;

  fresh(expression: string): string {
    const name = `t${this.names++}`;
    this.lines.push(`const ${name} = ${expression};`);
    return name;
  }

  declare(): string {
    const name = `v${this.names++}`;
    this.lines.push(`let ${name} = 0;`);
    return name;
  }

  push(...lines: string[]): void {
    this.lines.push(...lines);
  }
}

/** Integer operations of the JavaScript back end. Split from the builder so that each stays readable. */
export class JsArithmetic {
  readonly out: JsLines;

  constructor(out: JsLines) {
    this.out = out;
  }

  private value(width: OperandWidth, expression: string): JsValue {
    return jsValue(width, this.out.fresh(wrap(expression, width)));
  }

  private pair(lo: string, hi: string): JsValue {
    return jsValue(64, this.out.fresh(lo), this.out.fresh(hi));
  }

  add(a: Value, b: Value): JsValue {
    const x = asJs(a);
    const y = asJs(b);
    if (x.width !== 64) return this.value(x.width as OperandWidth, `${x.lo} + ${y.lo}`);
    const lo = this.out.fresh(`(${x.lo} + ${y.lo}) | 0`);
    return jsValue(64, lo, this.out.fresh(`(${x.hi} + ${y.hi} + ((${lo} >>> 0) < (${x.lo} >>> 0) ? 1 : 0)) | 0`));
  }

  sub(a: Value, b: Value): JsValue {
    const x = asJs(a);
    const y = asJs(b);
    if (x.width !== 64) return this.value(x.width as OperandWidth, `${x.lo} - ${y.lo}`);
    const lo = this.out.fresh(`(${x.lo} - ${y.lo}) | 0`);
    return jsValue(64, lo, this.out.fresh(`(${x.hi} - ${y.hi} - ((${x.lo} >>> 0) < (${y.lo} >>> 0) ? 1 : 0)) | 0`));
  }

  bitwise(operator: "&" | "|" | "^", a: Value, b: Value): JsValue {
    const x = asJs(a);
    const y = asJs(b);
    if (x.width !== 64) return jsValue(x.width, this.out.fresh(`${x.lo} ${operator} ${y.lo}`));
    return this.pair(`${x.lo} ${operator} ${y.lo}`, `${x.hi} ${operator} ${y.hi}`);
  }

  not(a: Value): JsValue {
    const x = asJs(a);
    if (x.width === 1) return jsValue(1, this.out.fresh(`${x.lo} ^ 1`));
    if (x.width !== 64) return this.value(x.width as OperandWidth, `~${x.lo}`);
    return this.pair(`~${x.lo}`, `~${x.hi}`);
  }

  shift(kind: "shl" | "shr" | "sar", a: Value, count: Value): JsValue {
    const x = asJs(a);
    const n = asJs(count).lo;
    if (x.width !== 64) {
      if (kind === "shl") return this.value(x.width as OperandWidth, `${x.lo} << ${n}`);
      if (kind === "sar") return this.value(x.width as OperandWidth, `${signed32(x)} >> ${n}`);
      return this.value(x.width as OperandWidth, `${x.lo} >>> ${n}`);
    }
    return this.shift64(kind, x, n);
  }

  private shift64(kind: "shl" | "shr" | "sar", x: JsValue, n: string): JsValue {
    const lo = this.out.declare();
    const hi = this.out.declare();
    const small =
      kind === "shl"
        ? `${lo} = ${x.lo} << ${n}; ${hi} = (${x.hi} << ${n}) | (${x.lo} >>> (32 - ${n}));`
        : `${lo} = (${x.lo} >>> ${n}) | (${x.hi} << (32 - ${n})); ${hi} = ${x.hi} ${kind === "sar" ? ">>" : ">>>"} ${n};`;
    const large =
      kind === "shl"
        ? `${hi} = ${x.lo} << (${n} - 32);`
        : kind === "sar"
          ? `${lo} = ${x.hi} >> (${n} - 32); ${hi} = ${x.hi} >> 31;`
          : `${lo} = ${x.hi} >>> (${n} - 32);`;
    this.out.push(
      `if (${n} === 0) { ${lo} = ${x.lo}; ${hi} = ${x.hi}; } else if (${n} < 32) { ${small} } else { ${large} }`,
    );
    return jsValue(64, this.out.fresh(`${lo} | 0`), this.out.fresh(`${hi} | 0`));
  }

  zeroExtend(a: Value, width: OperandWidth): JsValue {
    const x = asJs(a);
    return jsValue(width, x.lo, x.width === 64 ? x.hi : "0");
  }

  signExtend(a: Value, width: OperandWidth): JsValue {
    const x = asJs(a);
    if (x.width === width) return x;
    const lo = this.out.fresh(width >= 32 ? signed32(x) : wrap(signed32(x), width));
    return width === 64 ? jsValue(64, lo, this.out.fresh(`${lo} >> 31`)) : jsValue(width, lo);
  }

  truncate(a: Value, width: OperandWidth): JsValue {
    const x = asJs(a);
    if (x.width === width) return x;
    return width === 32 ? jsValue(32, x.lo) : this.value(width, x.lo);
  }

  equal(a: Value, b: Value): JsValue {
    const x = asJs(a);
    const y = asJs(b);
    const test = x.width === 64 ? `${x.lo} === ${y.lo} && ${x.hi} === ${y.hi}` : `${x.lo} === ${y.lo}`;
    return jsValue(1, this.out.fresh(`(${test}) ? 1 : 0`));
  }

  lessUnsigned(a: Value, b: Value): JsValue {
    const x = asJs(a);
    const y = asJs(b);
    const low = `(${x.lo} >>> 0) < (${y.lo} >>> 0)`;
    const test = x.width === 64 ? `(${x.hi} >>> 0) < (${y.hi} >>> 0) || (${x.hi} === ${y.hi} && ${low})` : low;
    return jsValue(1, this.out.fresh(`(${test}) ? 1 : 0`));
  }

  bit(a: Value, index: number): JsValue {
    const x = asJs(a);
    return jsValue(1, this.out.fresh(index < 32 ? `(${x.lo} >>> ${index}) & 1` : `(${x.hi} >>> ${index - 32}) & 1`));
  }

  select(condition: Value, yes: Value, no: Value): JsValue {
    const c = asJs(condition).lo;
    const y = asJs(yes);
    const n = asJs(no);
    const lo = this.out.fresh(`${c} !== 0 ? ${y.lo} : ${n.lo}`);
    return y.width === 64 ? jsValue(64, lo, this.out.fresh(`${c} !== 0 ? ${y.hi} : ${n.hi}`)) : jsValue(y.width, lo);
  }
}
