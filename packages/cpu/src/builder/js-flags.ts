import { FLAG_AUX, FLAG_RESULT, FLAG_RESULT_HIGH } from "../state-layout.ts";
import type { FlagName, Value } from "./builder.ts";
import type { JsLines } from "./js-arithmetic.ts";
import { asJs, type JsValue, jsValue, signed32 } from "./js-values.ts";

const AUX = `s[${FLAG_AUX}]`;
const LOW = `s[${FLAG_RESULT}]`;
const HIGH = `s[${FLAG_RESULT_HIGH}]`;

/** Lazy flags of the JavaScript back end; the encoding is described in `flags.ts`. */
export class JsFlags {
  private readonly out: JsLines;

  constructor(out: JsLines) {
    this.out = out;
  }

  private storeResult(r: JsValue): void {
    if (r.width === 64) this.out.push(`${LOW} = ${r.lo}; ${HIGH} = ${r.hi};`);
    else if (r.width === 32) this.out.push(`${LOW} = ${r.lo}; ${HIGH} = ${r.lo} >> 31;`);
    else {
      const wide = this.out.fresh(signed32(r));
      this.out.push(`${LOW} = ${wide}; ${HIGH} = ${wide} >> 31;`);
    }
  }

  /** The carry word: carry out in bit 31, carry into the top bit in bit 30, carry out of bit 3 in bit 3. */
  private carryWord(kind: "add" | "sub", a: JsValue, b: JsValue, r: JsValue): string {
    const vector = (x: string, y: string, z: string) =>
      kind === "add" ? `((${x} & ${y}) | ((${x} | ${y}) & ~${z}))` : `((~${x} & ${y}) | ((~${x} | ${y}) & ${z}))`;
    if (a.width === 64) return `(${vector(a.hi, b.hi, r.hi)} & -1073741824) | (${vector(a.lo, b.lo, r.lo)} & 8)`;
    const word = this.out.fresh(vector(a.lo, b.lo, r.lo));
    if (a.width === 32) return `${word} & -1073741816`;
    return `((${word} << ${32 - a.width}) & -1073741824) | (${word} & 8)`;
  }

  arithmetic(kind: "add" | "sub", a: Value, b: Value, result: Value): void {
    this.out.push(`${AUX} = ${this.carryWord(kind, asJs(a), asJs(b), asJs(result))};`);
    this.storeResult(asJs(result));
  }

  arithmeticKeepCarry(kind: "add" | "sub", a: Value, b: Value, result: Value): void {
    const word = this.out.fresh(this.carryWord(kind, asJs(a), asJs(b), asJs(result)));
    const carry = this.out.fresh(`${AUX} & -2147483648`);
    // OF is bit 31 xor bit 30: re-express it relative to the carry that stays.
    this.out.push(
      `${AUX} = ${carry} | ((((${word} >>> 30) ^ (${word} >>> 31) ^ (${carry} >>> 31)) & 1) << 30) | (${word} & 8);`,
    );
    this.storeResult(asJs(result));
  }

  logic(result: Value): void {
    this.out.push(`${AUX} = 0;`);
    this.storeResult(asJs(result));
  }

  shift(result: Value, carry: Value, overflow: Value): void {
    const c = asJs(carry).lo;
    this.out.push(`${AUX} = (${c} << 31) | ((${c} ^ ${asJs(overflow).lo}) << 30);`);
    this.storeResult(asJs(result));
  }

  setCarry(carry: Value): void {
    const c = asJs(carry).lo;
    const old = this.out.fresh(AUX);
    const overflow = this.out.fresh(`((${old} >>> 31) ^ (${old} >>> 30)) & 1`);
    this.out.push(`${AUX} = (${old} & 1073741823) | (${c} << 31) | ((${c} ^ ${overflow}) << 30);`);
  }

  setCarryOverflow(carry: Value, overflow: Value): void {
    const c = asJs(carry).lo;
    this.out.push(`${AUX} = (${AUX} & 1073741823) | (${c} << 31) | ((${c} ^ ${asJs(overflow).lo}) << 30);`);
  }

  setZero(zero: Value): void {
    this.out.push(`h.setZero(s, ${asJs(zero).lo});`);
  }

  flag(name: FlagName): JsValue {
    return jsValue(1, this.out.fresh(FLAG_EXPRESSIONS[name]));
  }

  condition(cc: number): JsValue {
    const base = CONDITIONS[cc >> 1]!;
    return jsValue(1, this.out.fresh((cc & 1) === 0 ? base : `(${base}) ^ 1`));
  }
}

const FLAG_EXPRESSIONS: Readonly<Record<FlagName, string>> = {
  C: `${AUX} >>> 31`,
  O: `((${AUX} >>> 31) ^ (${AUX} >>> 30)) & 1`,
  A: `(${AUX} >>> 3) & 1`,
  Z: `((${LOW} | ${HIGH}) === 0 ? 1 : 0)`,
  S: `((${HIGH} >>> 31) ^ ${AUX}) & 1`,
  P: `h.parity(${LOW} ^ (${AUX} >>> 8))`,
};

const SIGN_NOT_OVERFLOW = `((${HIGH} >>> 31) ^ ${AUX} ^ (${AUX} >>> 31) ^ (${AUX} >>> 30)) & 1`;

const CONDITIONS: readonly string[] = [
  FLAG_EXPRESSIONS.O,
  FLAG_EXPRESSIONS.C,
  FLAG_EXPRESSIONS.Z,
  `(${AUX} < 0 || (${LOW} | ${HIGH}) === 0 ? 1 : 0)`,
  FLAG_EXPRESSIONS.S,
  FLAG_EXPRESSIONS.P,
  SIGN_NOT_OVERFLOW,
  `((${LOW} | ${HIGH}) === 0 ? 1 : ${SIGN_NOT_OVERFLOW})`,
];
