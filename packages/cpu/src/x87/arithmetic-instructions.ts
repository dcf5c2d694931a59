import { type Executor, type Op, STATUS_ABORTED } from "../op.ts";
import type { Processor } from "../processor.ts";
import { add, subtract } from "./add.ts";
import { fromDouble, fromSingle } from "./convert-float.ts";
import { fromInteger } from "./convert-integer.ts";
import { divide, squareRoot } from "./divide.ts";
import { beginOperation, faulted, finishWith, stackUnderflow, waiting } from "./exceptions.ts";
import { controlledFormat, type Format } from "./formats.ts";
import { loadNumber, memoryOperand, registerOperand } from "./memory.ts";
import { multiply } from "./multiply.ts";
import type { Operation } from "./operation.ts";
import type { Real } from "./real.ts";
import { controlWord, isEmpty, readStack } from "./registers.ts";

type Binary = (x: Operation, format: Format, a: Real, b: Real) => Real;

/** The memory operand as a real number. A fault may be pending. */
export function loadFloat(c: Processor, i: Op, x: Operation): Real {
  const bytes = memoryOperand(i)!.size / 8;
  const low = loadNumber(c, i, bytes);
  return bytes === 4 ? fromSingle(x, low) : fromDouble(x, low, c.hi);
}

/** The memory operand as an integer. A fault may be pending. */
export function loadInteger(c: Processor, i: Op): Real {
  const bytes = memoryOperand(i)!.size / 8;
  const low = loadNumber(c, i, bytes);
  if (bytes === 8) return fromInteger(low, c.hi);
  const value = bytes === 2 ? (low << 16) >> 16 : low;
  return fromInteger(value, value >> 31);
}

/** ST(0) with a number in memory. */
function withMemory(c: Processor, i: Op, operate: Binary, loadValue: typeof loadFloat): number {
  const x = beginOperation(c);
  const value = loadValue(c, i, x);
  if (faulted(c)) return STATUS_ABORTED;
  if (isEmpty(c, 0)) return finishWith(c, i, x, 0, stackUnderflow(x));
  return finishWith(c, i, x, 0, operate(x, controlledFormat(controlWord(c)), readStack(c, 0), value));
}

/** Two registers, the first of which takes the result. */
function withRegister(c: Processor, i: Op, operate: Binary, pops: boolean): number {
  const x = beginOperation(c);
  const [to, from] = [registerOperand(i, 0), registerOperand(i, 1)];
  if (isEmpty(c, to) || isEmpty(c, from)) return finishWith(c, i, x, to, stackUnderflow(x), pops);
  const result = operate(x, controlledFormat(controlWord(c)), readStack(c, to), readStack(c, from));
  return finishWith(c, i, x, to, result, pops);
}

function family(name: string, operate: Binary): [string, Executor][] {
  const float: Executor = (c, i) =>
    memoryOperand(i) === undefined ? withRegister(c, i, operate, false) : withMemory(c, i, operate, loadFloat);
  return [
    [`f${name}`, waiting(float)],
    [`f${name}p`, waiting((c, i) => withRegister(c, i, operate, true))],
    [`fi${name}`, waiting((c, i) => withMemory(c, i, operate, loadInteger))],
  ];
}

function reversed(operate: Binary): Binary {
  return (x, format, a, b) => operate(x, format, b, a);
}

const fsqrt: Executor = (c, i) => {
  const x = beginOperation(c);
  if (isEmpty(c, 0)) return finishWith(c, i, x, 0, stackUnderflow(x));
  return finishWith(c, i, x, 0, squareRoot(x, controlledFormat(controlWord(c)), readStack(c, 0)));
};

/** FADD, FSUB, FMUL, FDIV in all forms, FSQRT: what precision control governs. SDM 2 "Instruction Set Reference". */
export const X87_ARITHMETIC: Readonly<Record<string, Executor>> = {
  ...Object.fromEntries([
    ...family("add", add),
    ...family("sub", subtract),
    ...family("subr", reversed(subtract)),
    ...family("mul", multiply),
    ...family("div", divide),
    ...family("divr", reversed(divide)),
  ]),
  fsqrt: waiting(fsqrt),
};
