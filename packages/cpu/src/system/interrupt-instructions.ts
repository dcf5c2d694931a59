import { CF, IF, OF, RF, readRflags, VIF, VIP, VM, writeRflags } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import {
  EVENT_TYPE_PRIVILEGED_SOFTWARE_EXCEPTION,
  EVENT_TYPE_SOFTWARE_EXCEPTION,
  EVENT_TYPE_SOFTWARE_INTERRUPT,
} from "../virtualization.ts";
import { CR4_PVI, CR4_VME } from "./control-bits.ts";
import { deliverEvent, deliverSoftwareException } from "./deliver.ts";
import {
  BP,
  BR,
  DB,
  GP,
  inRealMode,
  intercepted,
  inVirtual8086,
  notPrivileged,
  raise,
  UD,
  OF as VECTOR_OF,
} from "./exceptions.ts";
import { changeableFlags } from "./interrupt-return.ts";
import { load, memoryAddress, peek, push, readOperand, setStackPointer, stackPointer } from "./operands.ts";

const IOPL = 3 << 12;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const ACTIVITY_HLT = 1;

/** Virtual-8086 mode with IOPL below 3: the interrupt-flag instructions trap. Redirection through CR4.VME is not simulated. */
function virtual8086Forbids(c: Processor): boolean {
  return inVirtual8086(c) && (c.s[S.FLAG_SYSTEM]! & IOPL) !== IOPL;
}

/** #GP(0), or a stop by name where CR4.VME or CR4.PVI would make the virtual interrupt flag work instead. */
function refuseInterruptFlag(c: Processor, i: Op): number {
  const assisted = inVirtual8086(c) ? CR4_VME : c.s[S.CPL] === 3 ? CR4_PVI : 0;
  if ((c.s[S.CR4]! & assisted) === 0) return raise(c, GP, 0);
  c.stopUnimplemented(`${i.instruction.mnemonic} with virtual interrupt flag`, i.instruction.bytes);
  return STATUS_ABORTED;
}

function mayChangeInterruptFlag(c: Processor): boolean {
  if (inRealMode(c)) return true;
  const iopl = (c.s[S.FLAG_SYSTEM]! >>> 12) & 3;
  return c.s[S.CPL]! <= iopl;
}

const int: Executor = (c, i) => {
  if (virtual8086Forbids(c)) return refuseInterruptFlag(c, i);
  const vector = i.immLow & 0xff;
  const status = intercepted(c, i, INTERCEPT.softwareInterrupt, vector);
  if (status !== STATUS_NEXT) return status;
  const delivered = deliverEvent(c, vector, EVENT_TYPE_SOFTWARE_INTERRUPT, -1, i.instruction.length);
  return delivered ? STATUS_RETIRED : STATUS_ABORTED;
};

function trap(vector: number, type: number): Executor {
  return (c, i) => (deliverSoftwareException(c, vector, type, i.instruction.length) ? STATUS_RETIRED : STATUS_ABORTED);
}

const breakpoint = trap(BP, EVENT_TYPE_SOFTWARE_EXCEPTION);
const overflow = trap(VECTOR_OF, EVENT_TYPE_SOFTWARE_EXCEPTION);
const debugTrap = trap(DB, EVENT_TYPE_PRIVILEGED_SOFTWARE_EXCEPTION);

const int1: Executor = (c, i) => {
  const status = intercepted(c, i, INTERCEPT.icebp);
  return status !== STATUS_NEXT ? status : debugTrap(c, i);
};

const into: Executor = (c, i) => ((readRflags(c.s) & OF) !== 0 ? overflow(c, i) : STATUS_NEXT);

const hlt: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.hlt);
  if (status !== STATUS_NEXT) return status;
  c.s[S.ACTIVITY] = ACTIVITY_HLT;
  return STATUS_NEXT;
};

const cli: Executor = (c, i) => {
  if (!mayChangeInterruptFlag(c)) return refuseInterruptFlag(c, i);
  c.s[S.FLAG_SYSTEM]! &= ~IF;
  return STATUS_NEXT;
};

const sti: Executor = (c, i) => {
  if (!mayChangeInterruptFlag(c)) return refuseInterruptFlag(c, i);
  const wasSet = (c.s[S.FLAG_SYSTEM]! & IF) !== 0;
  c.s[S.FLAG_SYSTEM]! |= IF;
  c.s[S.INTERRUPTIBILITY]! &= ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS);
  if (!wasSet) c.s[S.INTERRUPTIBILITY]! |= BLOCKED_BY_STI;
  return STATUS_NEXT;
};

const pushf: Executor = (c, i) => {
  if (virtual8086Forbids(c)) return refuseInterruptFlag(c, i);
  const status = intercepted(c, i, INTERCEPT.pushf);
  if (status !== STATUS_NEXT) return status;
  push(c, readRflags(c.s) & ~(VM | RF), 0, i.instruction.operandSize);
  return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
};

const popf: Executor = (c, i) => {
  if (virtual8086Forbids(c)) return refuseInterruptFlag(c, i);
  const status = intercepted(c, i, INTERCEPT.popf);
  if (status !== STATUS_NEXT) return status;
  const size = i.instruction.operandSize / 8;
  const value = peek(c, 0, size);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const next = stackPointer(c, size);
  setStackPointer(c, next, c.hi);
  const mask = changeableFlags(c, size, c.s[S.CPL]!) & (inVirtual8086(c) ? ~IOPL : -1);
  const dropped = RF | (size > 2 && c.s[S.CPL] === 0 ? VIF | VIP : 0);
  writeRflags(c.s, (readRflags(c.s) & ~mask & ~dropped) | (value & mask));
  c.selectTlbPart();
  return STATUS_NEXT;
};

const undefinedInstruction: Executor = (c) => raise(c, UD);

const bound: Executor = (c, i) => {
  const size = i.instruction.operandSize / 8;
  const at = memoryAddress(c, i, size * 2, 0);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const shift = 32 - size * 8;
  const lower = load(c, at, 0, size) << shift;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const upper = load(c, (at + size) | 0, 0, size) << shift;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const index = readOperand(c, i, 0) << shift;
  return index < lower || index > upper ? raise(c, BR) : STATUS_NEXT;
};

const salc: Executor = (c) => {
  const carry = (readRflags(c.s) & CF) !== 0;
  c.s[S.GPR] = (c.s[S.GPR]! & ~0xff) | (carry ? 0xff : 0);
  return STATUS_NEXT;
};

/** Software interrupts, the interrupt flag and what traps on purpose. SDM 2 "Instruction Set Reference". */
export const INTERRUPT_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  int,
  int3: breakpoint,
  int1,
  into,
  hlt,
  cli,
  sti,
  pushf,
  popf,
  ud0: undefinedInstruction,
  ud1: undefinedInstruction,
  ud2: undefinedInstruction,
  bound,
  salc,
};
