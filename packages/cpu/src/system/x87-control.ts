import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import { CR0, X87_STATE } from "../state-layout.ts";
import { CR0_EM, CR0_MP, CR0_TS } from "./control-bits.ts";
import { NM, raise } from "./exceptions.ts";
import { readOperand, writeOperand } from "./operands.ts";

const FCW_FSW = X87_STATE;
const FCW_INITIAL = 0x37f;
const ENVIRONMENT_END = X87_STATE + 6;
const EXCEPTION_BITS = 0x80ff;

function notAvailable(c: Processor): boolean {
  return (c.s[CR0]! & (CR0_EM | CR0_TS)) !== 0;
}

/** Runs unless CR0 makes the x87 unavailable. */
function guarded(run: Executor): Executor {
  return (c, i) => (notAvailable(c) ? raise(c, NM) : run(c, i));
}

const fninit: Executor = (c) => {
  c.s.fill(0, FCW_FSW, ENVIRONMENT_END);
  c.s[FCW_FSW] = FCW_INITIAL;
  return STATUS_NEXT;
};

const fnclex: Executor = (c) => {
  c.s[FCW_FSW]! &= ~(EXCEPTION_BITS << 16);
  return STATUS_NEXT;
};

function storeWord(shift: number): Executor {
  return (c, i) => (writeOperand(c, i, 0, (c.s[FCW_FSW]! >>> shift) & 0xffff, 0) ? STATUS_NEXT : STATUS_ABORTED);
}

const fldcw: Executor = (c, i) => {
  const value = readOperand(c, i, 0);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  c.s[FCW_FSW] = (c.s[FCW_FSW]! & ~0xffff) | (value & 0xffff) | 0x40;
  return STATUS_NEXT;
};

const wait: Executor = (c) => {
  const both = CR0_MP | CR0_TS;
  return (c.s[CR0]! & both) === both ? raise(c, NM) : STATUS_NEXT;
};

/** Control of the x87 unit, without arithmetic. SDM 2 "Instruction Set Reference". */
export const X87_CONTROL: Readonly<Record<string, Executor>> = {
  fninit: guarded(fninit),
  fnclex: guarded(fnclex),
  fnstcw: guarded(storeWord(0)),
  fnstsw: guarded(storeWord(16)),
  fldcw: guarded(fldcw),
  fnop: guarded(() => STATUS_NEXT),
  wait,
};
