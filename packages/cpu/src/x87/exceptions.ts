import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { CR0 } from "../state-layout.ts";
import { CR0_EM, CR0_NE, CR0_TS } from "../system/control-bits.ts";
import { MF, NM, raise } from "../system/exceptions.ts";
import { BEFORE_COMPUTATION, IE, Operation, SF } from "./operation.ts";
import { notePointers } from "./pointers.ts";
import { INDEFINITE, type Real } from "./real.ts";
import {
  C1,
  controlWord,
  isPending,
  pop,
  push,
  setConditions,
  setStatusWord,
  statusWord,
  summarize,
  writeStack,
} from "./registers.ts";

/** Operations do not nest, and nothing of one is needed in the next. */
const operation = new Operation();

/** A fresh operation under the processor's control word. */
export function beginOperation(c: Processor): Operation {
  return operation.begin(controlWord(c));
}

/** Runs unless CR0 makes the x87 unavailable: instructions that do not wait for pending exceptions. */
export function unwaiting(run: Executor): Executor {
  return (c, i) => ((c.s[CR0]! & (CR0_EM | CR0_TS)) !== 0 ? raise(c, NM) : run(c, i));
}

/** #MF if an unmasked exception is pending. `STATUS_NEXT` if there is none. */
export function reportPending(c: Processor, i: Op): number {
  if (!isPending(c)) return STATUS_NEXT;
  if ((c.s[CR0]! & CR0_NE) !== 0) return raise(c, MF);
  c.stopUnimplemented("reporting an x87 exception by FERR# and IRQ 13 (CR0.NE = 0)", i.instruction.bytes);
  return STATUS_ABORTED;
}

/** As `unwaiting`, for instructions before which a pending exception is reported. */
export function waiting(run: Executor): Executor {
  return unwaiting((c, i) => {
    const status = reportPending(c, i);
    return status === STATUS_NEXT ? run(c, i) : status;
  });
}

/** Ends an operation: what it found becomes status flags and C1, and the pointers name its instruction. */
export function finish(c: Processor, i: Op, x: Operation): number {
  const stackFault = (x.flags & SF) !== 0;
  if (x.refused) {
    x.flags &= BEFORE_COMPUTATION | SF;
    if (!stackFault) x.roundedUp = false;
  }
  setStatusWord(c, (statusWord(c) & ~C1) | x.flags | (x.roundedUp ? C1 : 0));
  if (x.flags !== 0) summarize(c);
  notePointers(c, i, (x.flags & ~x.masks & 0x3f) !== 0);
  return STATUS_NEXT;
}

/** A register that should hold something is empty. The result of masked operations is the indefinite. */
export function stackUnderflow(x: Operation): Real {
  x.flags = IE | SF;
  x.roundedUp = false;
  return INDEFINITE;
}

/** A push would overwrite a register in use. */
export function stackOverflow(x: Operation): Real {
  x.flags = IE | SF;
  x.roundedUp = true;
  return INDEFINITE;
}

/** Writes the result to ST(n), pops if asked to, and ends the operation. */
export function finishWith(c: Processor, i: Op, x: Operation, n: number, result: Real, pops = false): number {
  if (!x.refused) {
    writeStack(c, n, result);
    if (pops) pop(c);
  }
  return finish(c, i, x);
}

/** Pushes the result and ends the operation. A denormal operand does not keep its value from being loaded, masked or not. */
export function finishPush(c: Processor, i: Op, x: Operation, result: Real): number {
  if ((x.flags & ~x.masks & IE) === 0) push(c, result);
  return finish(c, i, x);
}

/** Ends an operation that sets condition codes. */
export function finishConditions(c: Processor, i: Op, x: Operation, mask: number, value: number): number {
  if (!x.refused) setConditions(c, mask, value);
  return finish(c, i, x);
}

/** Whether an access has left a fault pending. */
export function faulted(c: Processor): boolean {
  return c.fault !== FAULT_NONE;
}
