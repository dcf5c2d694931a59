import type { RegisterOperand } from "../decode/instruction.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { CR0_TS, CR4_DE, CR4_UMIP } from "./control-bits.ts";
import { writeCr0, writeCr3, writeCr4 } from "./control-register-writes.ts";
import { DB, GP, intercepted, notPrivileged, raise, UD } from "./exceptions.ts";
import { readOperand, writeOperand } from "./operands.ts";

const DR7_GD = 1 << 13;
const DR7_ALWAYS = 1 << 10;
const DR7_NEVER = 0xd000;
const DR6_BD = 1 << 13;
const DR6_ALWAYS = 0xffff0ff0 | 0;
const DR6_WRITABLE = 0xe00f;
const LMSW_BITS = 0xe;

/** CR0 as software sees it: the host's bits come from the read shadow. */
export function visibleCr0(c: Processor): number {
  const mask = c.s[S.CR0_MASK]!;
  return (c.s[S.CR0]! & ~mask) | (c.s[S.CR0_SHADOW]! & mask);
}

/** CR4 as software sees it. */
export function visibleCr4(c: Processor): number {
  const mask = c.s[S.CR4_MASK]!;
  return (c.s[S.CR4]! & ~mask) | (c.s[S.CR4_SHADOW]! & mask);
}

/** Low half of a control register; the high half is in `c.hi`. */
function readControl(c: Processor, index: number): number {
  c.hi = 0;
  if (index === 0) return visibleCr0(c);
  if (index === 4) return visibleCr4(c);
  if (index === 8) return c.s[S.CR8]!;
  const word = index === 2 ? S.CR2 : S.CR3;
  c.hi = c.s[word + 1]!;
  return c.s[word]!;
}

function writeControl(c: Processor, index: number, low: number, high: number): boolean {
  if (index === 0) return writeCr0(c, low, high);
  if (index === 3) return writeCr3(c, low, high);
  if (index === 4) return writeCr4(c, low, high);
  if (index === 2) {
    c.s[S.CR2] = low;
    c.s[S.CR2 + 1] = high;
    return true;
  }
  if ((low & ~15) !== 0 || high !== 0) {
    c.raise(GP, 0);
    return false;
  }
  c.apic.setTaskPriority(low << 4);
  return true;
}

/** MOV r, CRn. */
export function moveFromControl(c: Processor, i: Op): number {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const { index } = i.instruction.operands[1] as RegisterOperand;
  const status = intercepted(c, i, INTERCEPT.crRead, index);
  if (status !== STATUS_NEXT) return status;
  const low = readControl(c, index);
  writeOperand(c, i, 0, low, c.hi);
  return STATUS_NEXT;
}

/** MOV CRn, r. */
export function moveToControl(c: Processor, i: Op): number {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const { index } = i.instruction.operands[0] as RegisterOperand;
  const status = intercepted(c, i, INTERCEPT.crWrite, index);
  if (status !== STATUS_NEXT) return status;
  const low = readOperand(c, i, 1);
  return writeControl(c, index, low, c.hi) ? STATUS_NEXT : STATUS_ABORTED;
}

/** The faults that MOV of a debug register raises before it does anything; `STATUS_NEXT` if none. */
function checkDebugAccess(c: Processor, i: Op, index: number): number {
  if ((index === 4 || index === 5) && (c.s[S.CR4]! & CR4_DE) !== 0) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.drAccess, index);
  if (status !== STATUS_NEXT) return status;
  if ((c.s[S.DR7]! & DR7_GD) === 0) return STATUS_NEXT;
  c.raise(DB);
  c.exception.payloadLow = DR6_BD;
  return STATUS_ABORTED;
}

/** MOV r, DRn. */
export function moveFromDebug(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[1] as RegisterOperand;
  const status = checkDebugAccess(c, i, index);
  if (status !== STATUS_NEXT) return status;
  if (index < 4) writeOperand(c, i, 0, c.s[S.DR0 + index * 2]!, c.s[S.DR0 + index * 2 + 1]!);
  else writeOperand(c, i, 0, c.s[(index & 1) === 0 ? S.DR6 : S.DR7]!, 0);
  return STATUS_NEXT;
}

/** MOV DRn, r. */
export function moveToDebug(c: Processor, i: Op): number {
  const { index } = i.instruction.operands[0] as RegisterOperand;
  const status = checkDebugAccess(c, i, index);
  if (status !== STATUS_NEXT) return status;
  const low = readOperand(c, i, 1);
  const high = c.hi;
  if (index < 4) {
    c.s[S.DR0 + index * 2] = low;
    c.s[S.DR0 + index * 2 + 1] = high;
    return STATUS_NEXT;
  }
  if (high !== 0) return raise(c, GP, 0);
  if ((index & 1) === 0) c.s[S.DR6] = (low & DR6_WRITABLE) | DR6_ALWAYS;
  else c.s[S.DR7] = (low & ~DR7_NEVER) | DR7_ALWAYS;
  c.selectTlbPart();
  return STATUS_NEXT;
}

const clts: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.clts);
  if (status !== STATUS_NEXT) return status;
  c.s[S.CR0]! &= ~(CR0_TS & ~c.s[S.CR0_MASK]!);
  return STATUS_NEXT;
};

const lmsw: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const source = readOperand(c, i, 0);
  if (c.fault !== 0) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.lmsw, source & 0xffff);
  if (status !== STATUS_NEXT) return status;
  // PE can be set but not cleared.
  const wanted = (c.s[S.CR0]! & ~LMSW_BITS) | (source & 15);
  return writeCr0(c, wanted, 0) ? STATUS_NEXT : STATUS_ABORTED;
};

const smsw: Executor = (c, i) => {
  if ((c.s[S.CR4]! & CR4_UMIP) !== 0 && c.s[S.CPL] !== 0) return raise(c, GP, 0);
  const status = intercepted(c, i, INTERCEPT.smsw);
  if (status !== STATUS_NEXT) return status;
  return writeOperand(c, i, 0, visibleCr0(c), 0) ? STATUS_NEXT : STATUS_ABORTED;
};

/** Instructions on the machine status word; MOV is dispatched by operand in `system-instructions.ts`. */
export const CONTROL_REGISTERS: Readonly<Record<string, Executor>> = { clts, lmsw, smsw };
