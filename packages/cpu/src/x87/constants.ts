import type { Executor } from "../op.ts";
import { beginOperation, finishPush, stackOverflow, waiting } from "./exceptions.ts";
import { EXTENDED } from "./formats.ts";
import type { Operation } from "./operation.ts";
import { BIAS, ONE, type Real, zero } from "./real.ts";
import { isFull } from "./registers.ts";
import { round } from "./rounding.ts";

/** Exponent and the first 96 bits of the significand: each is rounded as the control word says, without a precision exception. */
const CONSTANTS: Readonly<Record<string, readonly [exponent: number, high: number, low: number, rest: number]>> = {
  fldl2t: [1, 0xd49a784b, 0xcd1b8afe, 0x492bf6ff],
  fldl2e: [0, 0xb8aa3b29, 0x5c17f0bb, 0xbe87fed0],
  fldpi: [1, 0xc90fdaa2, 0x2168c234, 0xc4c6628b],
  fldlg2: [-2, 0x9a209a84, 0xfbcff798, 0x8f8959ac],
  fldln2: [-1, 0xb17217f7, 0xd1cf79ab, 0xc9e3b398],
};

function loadConstant(make: (x: Operation) => Real): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    if (isFull(c)) return finishPush(c, i, x, stackOverflow(x));
    const value = make(x);
    x.flags = 0;
    x.roundedUp = false;
    return finishPush(c, i, x, value);
  });
}

/** FLD1, FLDZ, FLDPI, FLDL2T, FLDL2E, FLDLG2, FLDLN2. SDM 2 "FLD1/FLDL2T/FLDL2E/FLDPI/FLDLG2/FLDLN2/FLDZ". */
export const X87_CONSTANTS: Readonly<Record<string, Executor>> = {
  fld1: loadConstant(() => ONE),
  fldz: loadConstant(() => zero(0)),
  ...Object.fromEntries(
    Object.entries(CONSTANTS).map(([name, [exponent, high, low, rest]]) => [
      name,
      loadConstant((x) => round(x, EXTENDED, 0, BIAS + exponent, high | 0, low | 0, rest | 0)),
    ]),
  ),
};
