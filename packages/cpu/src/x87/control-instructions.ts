import type { Op } from "../op.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import { CR0 } from "../state-layout.ts";
import { CR0_MP, CR0_TS } from "../system/control-bits.ts";
import { NM, raise } from "../system/exceptions.ts";
import { readOperand, writeOperand } from "../system/operands.ts";
import { faulted, reportPending, unwaiting, waiting } from "./exceptions.ts";
import { registerOperand } from "./memory.ts";
import { notePointers } from "./pointers.ts";
import {
  C1,
  controlWord,
  decrementTop,
  incrementTop,
  initialize,
  pop,
  setConditions,
  setControlWord,
  setEmpty,
  setStatusWord,
  statusWord,
} from "./registers.ts";

/** Exception flags, stack fault, summary and busy. */
const CLEARED_BY_FNCLEX = 0x80ff;

const fnclex: Executor = (c) => {
  setStatusWord(c, statusWord(c) & ~CLEARED_BY_FNCLEX);
  return STATUS_NEXT;
};

const fninit: Executor = (c) => {
  initialize(c);
  return STATUS_NEXT;
};

const fldcw: Executor = (c, i) => {
  const value = readOperand(c, i, 0);
  if (faulted(c)) return STATUS_ABORTED;
  setControlWord(c, value);
  return STATUS_NEXT;
};

function storeWord(read: (c: Processor) => number): Executor {
  return unwaiting((c, i) => (writeOperand(c, i, 0, read(c), 0) ? STATUS_NEXT : STATUS_ABORTED));
}

/** Stack management: waits, and counts as the last instruction. */
function managing(run: (c: Processor, i: Op) => void): Executor {
  return waiting((c, i) => {
    run(c, i);
    notePointers(c, i, false);
    return STATUS_NEXT;
  });
}

const wait: Executor = (c, i) => {
  const both = CR0_MP | CR0_TS;
  return (c.s[CR0]! & both) === both ? raise(c, NM) : reportPending(c, i);
};

/** The 8087's FENI and FDISI and the 287's FSETPM do nothing any more. */
const ignored: Executor = unwaiting(() => STATUS_NEXT);

/** Control of the x87 unit. SDM 1 "x87 FPU Control Instructions". */
export const X87_CONTROL: Readonly<Record<string, Executor>> = {
  fninit: unwaiting(fninit),
  fnclex: unwaiting(fnclex),
  fnstcw: storeWord(controlWord),
  fnstsw: storeWord(statusWord),
  fldcw: waiting(fldcw),
  fnop: managing(() => {}),
  fincstp: managing((c) => {
    incrementTop(c);
    setConditions(c, C1, 0);
  }),
  fdecstp: managing((c) => {
    decrementTop(c);
    setConditions(c, C1, 0);
  }),
  ffree: managing((c, i) => {
    setEmpty(c, registerOperand(i, 0));
    setConditions(c, C1, 0);
  }),
  ffreep: managing((c, i) => {
    setEmpty(c, registerOperand(i, 0));
    pop(c);
    setConditions(c, C1, 0);
  }),
  fneni: ignored,
  fndisi: ignored,
  fnsetpm: ignored,
  wait,
};
