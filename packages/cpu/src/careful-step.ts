import { MSRS } from "@hvdiff/spec";
import { breakpointsAt, breakpointsEnabled, DR6_BS, pendDebugTrap } from "./debug-registers.ts";
import { runEnforced } from "./enforcement/enforced-step.ts";
import { RF, TF } from "./flags.ts";
import { type Op, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "./op.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { DB } from "./system/exceptions.ts";
import { recordBranch, recordsBranches } from "./system/last-branch.ts";
import { msrWord } from "./system/msr-storage.ts";

const BLOCKED_BY_MOV_SS = 2;
const SHADOW = 3;
const DEBUGCTL_BTF = 2;
const DEBUGCTL = msrWord(MSRS.IA32_DEBUGCTL.address)!;

/** What gives up TF on its way: software interrupts when delivered, SYSCALL and SYSRET as their flags say. */
const TRAPS_BY_NEW_TF = new Set(["int", "int1", "int3", "into", "syscall", "sysret"]);
const SHADOW_SETTERS = new Set(["sti", "mov", "pop"]);
const BRANCH =
  /^(j[a-z]{1,3}|jcxz|jmpf?|callf?|ret|retf|iret|loop|loope|loopne|int|int1|int3|into|sys(call|ret|enter|exit))$/;

function setsShadow(op: Op): boolean {
  const { mnemonic, operands } = op.instruction;
  if (!SHADOW_SETTERS.has(mnemonic)) return false;
  if (mnemonic === "sti") return true;
  const first = operands[0];
  return first?.kind === "register" && first.class === "segment" && first.index === S.SS;
}

/** With DEBUGCTL.BTF only branches that are taken are single steps (SDM 3B "Single-Stepping on Branches"). */
function isStep(s: Int32Array, op: Op): boolean {
  if (TRAPS_BY_NEW_TF.has(op.instruction.mnemonic) && (s[S.FLAG_SYSTEM]! & TF) === 0) return false;
  if ((s[DEBUGCTL]! & DEBUGCTL_BTF) === 0) return true;
  return isTaken(s, op);
}

function isTaken(s: Int32Array, op: Op): boolean {
  return BRANCH.test(op.instruction.mnemonic) && (s[S.RIP] !== op.nextLow || s[S.RIP + 1] !== op.nextHigh);
}

/** Whether the instruction stands before its next iteration. */
function repeats(s: Int32Array, op: Op, status: number): boolean {
  return status === STATUS_RETIRED && op.instruction.repeat !== "none" && s[S.RIP] === op.ripLow;
}

/** On Intel processors no instruction breakpoint is met behind MOV SS; AMD's inhibit traps alone (APM 2 "Debug Exceptions"). */
function stackLoadHidesBreakpoints(c: Processor): boolean {
  return (c.s[S.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) !== 0 && c.model.vendor === "intel";
}

/** An enabled instruction breakpoint is met: a fault, so that nothing of the instruction has happened. */
function meetsBreakpoint(c: Processor, op: Op): boolean {
  const { s } = c;
  if ((s[S.FLAG_SYSTEM]! & RF) !== 0 || stackLoadHidesBreakpoints(c)) return false;
  const met = breakpointsAt(c, op);
  if (met === 0) return false;
  c.raise(DB);
  c.exception.payloadLow = met;
  return true;
}

/** What follows a completed instruction: the shadow ends, RF is used up, a single step becomes pending. */
function complete(c: Processor, op: Op, before: { flags: number; status: number }): void {
  const { s } = c;
  const { flags, status } = before;
  if (!setsShadow(op)) {
    s[S.INTERRUPTIBILITY]! &= ~SHADOW;
    // A single step that MOV SS held back is gone.
    s[S.PENDING_DEBUG]! &= ~DR6_BS;
  }
  if ((flags & RF) !== 0 && op.instruction.mnemonic !== "iret" && !repeats(s, op, status)) s[S.FLAG_SYSTEM]! &= ~RF;
  if ((flags & TF) === 0 || !isStep(s, op)) return;
  if ((s[S.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) !== 0) s[S.PENDING_DEBUG]! |= DR6_BS;
  else pendDebugTrap(s, DR6_BS);
}

/**
 * Executes one instruction whose boundaries matter: single-stepping, breakpoints, RF or an interrupt shadow (SDM 3B "Debug Exceptions").
 * What it leaves is in `c.fault` and the pending debug exceptions.
 * @returns false when the instruction did not complete
 */
export function stepCarefully(c: Processor, op: Op, retired: number): boolean {
  const { s } = c;
  s[S.RIP] = op.ripLow;
  s[S.RIP + 1] = op.ripHigh;
  const flags = s[S.FLAG_SYSTEM]!;
  const mode = s[S.VIRTUALIZATION_MODE];
  const records = recordsBranches(c);
  if (breakpointsEnabled(s)) {
    if (meetsBreakpoint(c, op)) return false;
    c.selectTlbPart();
  }
  const status = c.enforced ? runEnforced(c, op) : op.run(c, op);
  if (status === STATUS_ABORTED) return false;
  if (status === STATUS_NEXT) {
    s[S.RIP] = op.nextLow;
    s[S.RIP + 1] = op.nextHigh;
  }
  c.retired = retired + 1;
  if (records && s[S.VIRTUALIZATION_MODE] === mode && isTaken(s, op)) recordBranch(s, op);
  // VM entry loads flags and interruptibility from the VMCS: what it loaded must stay.
  if (s[S.VIRTUALIZATION_MODE] === mode) complete(c, op, { flags, status });
  return true;
}
