import type { Executor } from "../op.ts";
import { beginOperation, finish, finishWith, stackOverflow, stackUnderflow, waiting } from "./exceptions.ts";
import { nanResult } from "./nan.ts";
import type { Operation } from "./operation.ts";
import { type Real, real } from "./real.ts";
import { C2, CONDITIONS, isEmpty, isFull, push, readStack, setConditions, writeStack } from "./registers.ts";
import { remainder } from "./remainder.ts";
import { exponentPart, integral, scale, significandPart } from "./scale.ts";

/** An operation that replaces ST(0). */
function unary(operate: (x: Operation, a: Real) => Real): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    return finishWith(c, i, x, 0, isEmpty(c, 0) ? stackUnderflow(x) : operate(x, readStack(c, 0)));
  });
}

const fscale: Executor = (c, i) => {
  const x = beginOperation(c);
  if (isEmpty(c, 0) || isEmpty(c, 1)) return finishWith(c, i, x, 0, stackUnderflow(x));
  return finishWith(c, i, x, 0, scale(x, readStack(c, 0), readStack(c, 1)));
};

function fprem(nearest: boolean): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    setConditions(c, C2, 0);
    if (isEmpty(c, 0) || isEmpty(c, 1)) return finishWith(c, i, x, 0, stackUnderflow(x));
    const { value, conditions } = remainder(x, readStack(c, 0), readStack(c, 1), nearest);
    const status = finishWith(c, i, x, 0, value);
    if (conditions !== null && !x.refused) setConditions(c, CONDITIONS, conditions);
    return status;
  });
}

const fxtract: Executor = (c, i) => {
  const x = beginOperation(c);
  const a = readStack(c, 0);
  const fault = isEmpty(c, 0) ? stackUnderflow(x) : isFull(c) ? stackOverflow(x) : nanResult(x, a, a);
  const exponent = fault ?? exponentPart(x, a);
  if (x.refused) return finish(c, i, x);
  writeStack(c, 0, exponent);
  push(c, fault ?? significandPart(a));
  return finish(c, i, x);
};

/** FABS, FCHS, FRNDINT, FSCALE, FXTRACT, FPREM, FPREM1. SDM 2 "Instruction Set Reference". */
export const X87_UNARY: Readonly<Record<string, Executor>> = {
  fabs: unary((_, a) => real(0, a.exponent, a.high, a.low)),
  fchs: unary((_, a) => real(a.sign ^ 1, a.exponent, a.high, a.low)),
  frndint: unary(integral),
  fscale: waiting(fscale),
  fxtract: waiting(fxtract),
  fprem: fprem(false),
  fprem1: fprem(true),
};
