import { ENABLE_CHECK, type Op, STATE, STATUS_ABORTED, STATUS_NEXT } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import {
  destinationInformation,
  invalidationInformation,
  memoryInformation,
  registerAt,
} from "../exit/instruction-information.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { beginInstructionExit, endInstructionExit, operandExit, plainExit } from "./instruction-exit.ts";

const UNDEFINED_OPCODE = 6;
const RAX = STATE.GPR;
const RDX = STATE.GPR + 4;
const ENABLE_USER_WAIT = 1 << 26;
const DR_READ = 1 << 4;

function undefinedOpcode({ c }: VmxCore): number {
  c.raise(UNDEFINED_OPCODE);
  return STATUS_ABORTED;
}

/** RDTSCP and RDPID: #UD unless enabled; RDTSCP exits with "RDTSC exiting". */
export function interceptRdtscp(core: VmxCore, op: Op, detail: number): number {
  const { s } = core;
  if ((s[W.SECONDARY]! & C.ENABLE_RDTSCP) === 0) return undefinedOpcode(core);
  if (detail === ENABLE_CHECK || (s[W.PRIMARY]! & C.RDTSC_EXITING) === 0) return STATUS_NEXT;
  return plainExit(core, op, exitReasonNumber("RDTSCP"));
}

/** INVPCID: #UD unless enabled; exits with "INVLPG exiting". */
export function interceptInvpcid(core: VmxCore, op: Op, detail: number): number {
  const { s } = core;
  if ((s[W.SECONDARY]! & C.ENABLE_INVPCID) === 0) return undefinedOpcode(core);
  if (detail === ENABLE_CHECK || (s[W.PRIMARY]! & C.INVLPG_EXITING) === 0) return STATUS_NEXT;
  return operandExit(core, op, exitReasonNumber("INVPCID"), invalidationInformation(op));
}

/** XSAVES and XRSTORS: #UD unless enabled; exit when a requested supervisor component is in the XSS-exiting bitmap. */
function interceptXsaves(core: VmxCore, op: Op, detail: number, reason: number): number {
  const { s, vmcs } = core;
  if ((s[W.SECONDARY]! & C.ENABLE_XSAVES) === 0) return undefinedOpcode(core);
  if (detail === ENABLE_CHECK) return STATUS_NEXT;
  const low = s[RAX]! & s[STATE.XSS]! & vmcs.lo(F.XSS_EXITING_BITMAP);
  const high = s[RDX]! & s[STATE.XSS + 1]! & vmcs.hi(F.XSS_EXITING_BITMAP);
  return (low | high) === 0 ? STATUS_NEXT : operandExit(core, op, reason, memoryInformation(op));
}

const XSAVES = exitReasonNumber("XSAVES");
const XRSTORS = exitReasonNumber("XRSTORS");

export function interceptXsavesInstruction(core: VmxCore, op: Op, detail: number): number {
  return interceptXsaves(core, op, detail, XSAVES);
}

export function interceptXrstorsInstruction(core: VmxCore, op: Op, detail: number): number {
  return interceptXsaves(core, op, detail, XRSTORS);
}

/** TPAUSE, UMWAIT, UMONITOR: #UD unless enabled; the first two exit with "RDTSC exiting". */
export function interceptWaitpkg(core: VmxCore, op: Op, detail: number): number {
  const { s } = core;
  if ((s[W.SECONDARY]! & ENABLE_USER_WAIT) === 0) return undefinedOpcode(core);
  const { mnemonic } = op.instruction;
  if (detail === ENABLE_CHECK || mnemonic === "umonitor" || (s[W.PRIMARY]! & C.RDTSC_EXITING) === 0) return STATUS_NEXT;
  const reason = exitReasonNumber(mnemonic === "tpause" ? "TPAUSE" : "UMWAIT");
  beginInstructionExit(core, op, reason);
  core.information.instructionInformation = destinationInformation(op);
  return endInstructionExit(core);
}

/** RDRAND and RDSEED. */
export function randomExit(core: VmxCore, op: Op, reason: number): number {
  beginInstructionExit(core, op, reason);
  core.information.instructionInformation = destinationInformation(op);
  return endInstructionExit(core);
}

/** MOV to and from debug registers. */
export function interceptDr(core: VmxCore, op: Op, register: number): number {
  const first = op.instruction.operands[0];
  const reads = first?.kind === "register" && first.class === "gpr";
  const general = registerAt(op, reads ? 0 : 1);
  beginInstructionExit(core, op, exitReasonNumber("DR_ACCESS"));
  core.information.qualify(register | (reads ? DR_READ : 0) | (general << 8), 0);
  return endInstructionExit(core);
}
