import { CF, PF, readRflags, writeArithmeticFlags, ZF } from "../flags.ts";
import { type Executor, type Op, STATUS_ABORTED } from "../op.ts";
import type { Processor } from "../processor.ts";
import { loadFloat, loadInteger } from "./arithmetic-instructions.ts";
import {
  beginOperation,
  faulted,
  finish,
  finishConditions,
  finishWith,
  stackUnderflow,
  waiting,
} from "./exceptions.ts";
import { memoryOperand, registerOperand } from "./memory.ts";
import { DE, IE, type Operation } from "./operation.ts";
import {
  compareSignificands,
  isDenormal,
  isInfinity,
  isNan,
  isSignalingNan,
  isUnsupported,
  isZero,
  normalized,
  type Real,
  zero,
} from "./real.ts";
import { C0, C1, C2, C3, isEmpty, pop, readStack, setConditions, statusWord } from "./registers.ts";

/** Result of a comparison, as the condition codes that FCOM sets. */
const GREATER = 0;
const LESS = C0;
const EQUAL = C3;
const UNORDERED = C0 | C2 | C3;
const ORDER_BITS = C0 | C2 | C3;

/** Compares; a NaN makes the operands unordered. FUCOM takes quiet ones without an exception. */
function compare(x: Operation, a: Real, b: Real, quiet: boolean): number {
  if (isUnsupported(a) || isUnsupported(b) || isNan(a) || isNan(b)) {
    x.flags &= ~DE;
    const silent = quiet && ![a, b].some((value) => isUnsupported(value) || isSignalingNan(value));
    if (!silent) x.flags |= IE;
    return UNORDERED;
  }
  x.noteDenormals(a, b);
  if (isZero(a) && isZero(b)) return EQUAL;
  if (a.sign !== b.sign) return a.sign !== 0 ? LESS : GREATER;
  const order = compareMagnitudes(a, b);
  if (order === 0) return EQUAL;
  return order > 0 === (a.sign === 0) ? GREATER : LESS;
}

function compareMagnitudes(a: Real, b: Real): number {
  const [m, n] = [a, b].map((value) => (isZero(value) ? value : normalized(value)));
  if (isZero(a) || isZero(b)) return isZero(a) ? -1 : 1;
  return m!.exponent - n!.exponent || compareSignificands(m!, n!);
}

/**
 * Ends a comparison with condition codes, and pops. Unmasked exceptions keep it from popping only: processors set the condition codes even
 * then, although SDM 2 "FCOM" denies it for invalid operands.
 */
function finishOrder(c: Processor, i: Op, x: Operation, order: number, pops: number): number {
  setConditions(c, ORDER_BITS, order);
  if (!x.refused) for (let n = 0; n < pops; n++) pop(c);
  return finish(c, i, x);
}

/** FCOM and FUCOM with a register: that of the last operand, or ST(1). */
function withRegister(quiet: boolean, pops: number): Executor {
  return (c, i) => {
    const x = beginOperation(c);
    const n = i.instruction.operands.length === 0 ? 1 : registerOperand(i, 1);
    if (isEmpty(c, 0) || isEmpty(c, n)) {
      stackUnderflow(x);
      return finishOrder(c, i, x, UNORDERED, pops);
    }
    return finishOrder(c, i, x, compare(x, readStack(c, 0), readStack(c, n), quiet), pops);
  };
}

function withMemory(loadValue: typeof loadFloat, pops: number): Executor {
  return (c, i) => {
    const x = beginOperation(c);
    const value = loadValue(c, i, x);
    if (faulted(c)) return STATUS_ABORTED;
    if (!isEmpty(c, 0)) return finishOrder(c, i, x, compare(x, readStack(c, 0), value, false), pops);
    stackUnderflow(x);
    return finishOrder(c, i, x, UNORDERED, pops);
  };
}

function fcom(pops: number): Executor {
  const [memory, register] = [withMemory(loadFloat, pops), withRegister(false, pops)];
  return waiting((c, i) => (memoryOperand(i) === undefined ? register : memory)(c, i));
}

function setOrderFlags(c: Processor, order: number): void {
  writeArithmeticFlags(
    c.s,
    ((order & C0) !== 0 ? CF : 0) | ((order & C2) !== 0 ? PF : 0) | ((order & C3) !== 0 ? ZF : 0),
  );
}

/** FCOMI and FUCOMI: the order goes to ZF, PF and CF. */
function toFlags(quiet: boolean, pops: boolean): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    const n = registerOperand(i, 1);
    const empty = isEmpty(c, 0) || isEmpty(c, n);
    if (empty) stackUnderflow(x);
    const order = empty ? UNORDERED : compare(x, readStack(c, 0), readStack(c, n), quiet);
    setOrderFlags(c, order);
    if (pops && !x.refused) pop(c);
    return finish(c, i, x);
  });
}

const ftst: Executor = (c, i) => {
  const x = beginOperation(c);
  const empty = isEmpty(c, 0);
  if (empty) stackUnderflow(x);
  return finishOrder(c, i, x, empty ? UNORDERED : compare(x, readStack(c, 0), zero(0), false), 0);
};

/** Class of a value in C3, C2, C0 (SDM 2 "FXAM"). */
function classOf(a: Real): number {
  if (isUnsupported(a)) return 0;
  if (isNan(a)) return C0;
  if (isInfinity(a)) return C2 | C0;
  if (isZero(a)) return C3;
  return isDenormal(a) ? C3 | C2 : C2;
}

const fxam: Executor = (c, i) => {
  const x = beginOperation(c);
  const value = readStack(c, 0);
  x.roundedUp = value.sign !== 0;
  return finishConditions(c, i, x, ORDER_BITS, isEmpty(c, 0) ? C3 | C0 : classOf(value));
};

function fcmov(holds: (flags: number) => boolean): Executor {
  return waiting((c, i) => {
    const x = beginOperation(c);
    const n = registerOperand(i, 1);
    if (isEmpty(c, 0) || isEmpty(c, n)) return finishWith(c, i, x, 0, stackUnderflow(x));
    x.roundedUp = (statusWord(c) & C1) !== 0;
    return finishWith(c, i, x, 0, readStack(c, holds(readRflags(c.s)) ? n : 0));
  });
}

function conditionalMoves(): [string, Executor][] {
  const masks = { b: CF, e: ZF, be: CF | ZF, u: PF };
  return Object.entries(masks).flatMap(([suffix, mask]): [string, Executor][] => [
    [`fcmov${suffix}`, fcmov((flags) => (flags & mask) !== 0)],
    [`fcmovn${suffix}`, fcmov((flags) => (flags & mask) === 0)],
  ]);
}

/** FCOM, FUCOM, FCOMI, FICOM, FTST, FXAM, FCMOVcc. SDM 2 "Instruction Set Reference". */
export const X87_COMPARISONS: Readonly<Record<string, Executor>> = {
  fcom: fcom(0),
  fcomp: fcom(1),
  fcompp: waiting(withRegister(false, 2)),
  fucom: waiting(withRegister(true, 0)),
  fucomp: waiting(withRegister(true, 1)),
  fucompp: waiting(withRegister(true, 2)),
  ficom: waiting(withMemory(loadInteger, 0)),
  ficomp: waiting(withMemory(loadInteger, 1)),
  fcomi: toFlags(false, false),
  fcomip: toFlags(false, true),
  fucomi: toFlags(true, false),
  fucomip: toFlags(true, true),
  ftst: waiting(ftst),
  fxam: waiting(fxam),
  ...Object.fromEntries(conditionalMoves()),
};
