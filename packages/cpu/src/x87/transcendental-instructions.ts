import type { Executor, Op } from "../op.ts";
import type { Processor } from "../processor.ts";
import { arctangent } from "./arctangent.ts";
import { beginOperation, finish, finishWith, stackOverflow, stackUnderflow, waiting } from "./exceptions.ts";
import { exponentialMinusOne } from "./exponential.ts";
import { logarithm, logarithmPlusOne } from "./logarithm.ts";
import type { Operation } from "./operation.ts";
import { isNan, ONE, type Real } from "./real.ts";
import { C2, isEmpty, isFull, push, readStack, setConditions, writeStack } from "./registers.ts";
import { cosine, isOutOfRange, sine, tangent } from "./trigonometry.ts";

const f2xm1: Executor = (c, i) => {
  const x = beginOperation(c);
  return finishWith(c, i, x, 0, isEmpty(c, 0) ? stackUnderflow(x) : exponentialMinusOne(x, readStack(c, 0)));
};

/** A function of ST(0) and ST(1) that replaces ST(1) and pops. */
function popping(operate: (x: Operation, a: Real, b: Real) => Real): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    const empty = isEmpty(c, 0) || isEmpty(c, 1);
    const result = empty ? stackUnderflow(x) : operate(x, readStack(c, 0), readStack(c, 1));
    return finishWith(c, i, x, 1, result, true);
  });
}

/** Ends an instruction whose operand is too large: C2 says so, and nothing else happens. */
function leaveOperand(c: Processor, i: Op, x: Operation): number {
  setConditions(c, C2, C2);
  return finish(c, i, x);
}

/** FSIN and FCOS. */
function angular(operate: (x: Operation, a: Real) => Real): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    setConditions(c, C2, 0);
    if (isEmpty(c, 0)) return finishWith(c, i, x, 0, stackUnderflow(x));
    const a = readStack(c, 0);
    return isOutOfRange(a) ? leaveOperand(c, i, x) : finishWith(c, i, x, 0, operate(x, a));
  });
}

/** FSINCOS and FPTAN: one result replaces ST(0), the other is pushed. */
function pushing(replace: (x: Operation, a: Real) => Real, pushed: (x: Operation, a: Real) => Real): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    setConditions(c, C2, 0);
    const a = readStack(c, 0);
    const fault = isEmpty(c, 0) ? stackUnderflow(x) : isFull(c) ? stackOverflow(x) : null;
    if (fault === null && isOutOfRange(a)) return leaveOperand(c, i, x);
    const [first, second] = fault === null ? [replace(x, a), pushed(x, a)] : [fault, fault];
    if (!x.refused) {
      writeStack(c, 0, first);
      push(c, second);
    }
    return finish(c, i, x);
  });
}

/** What FPTAN pushes: 1, but a NaN as it is. */
function oneOrNan(x: Operation, a: Real): Real {
  const result = tangent(x, a);
  return isNan(result) ? result : ONE;
}

/**
 * F2XM1, FYL2X, FYL2XP1, FSIN, FCOS, FSINCOS, FPTAN, FPATAN. Results are the exact ones rounded by the control word; processors promise an
 * error below one unit in the last place (SDM 1 "Transcendental Instruction Accuracy").
 */
export const X87_TRANSCENDENTALS: Readonly<Record<string, Executor>> = {
  f2xm1: waiting(f2xm1),
  fyl2x: popping(logarithm),
  fyl2xp1: popping(logarithmPlusOne),
  fpatan: popping((x, b, a) => arctangent(x, a, b)),
  fsin: angular(sine),
  fcos: angular(cosine),
  fsincos: pushing(sine, cosine),
  fptan: pushing(tangent, oneOrNan),
};
