import { type Op, STATE, STATUS_NEXT, STATUS_RETIRED } from "@hvdiff/cpu";
import { VMEXIT_CODES, VMEXIT_FAMILIES } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as W from "../state.ts";
import { endInstructionExit, plainExit } from "./instruction-exit.ts";

const WRITES = 16;
const CR_WORD = 0;
const DR_WORD = 1;
const MISC_WORD = 3;
const SELECTIVE_CR0 = 1 << 5;
/** EXITINFO1 bit 63: the instruction was a MOV, and the low bits number its general register. */
const IS_MOV = 1 << 31;
/** What the selective intercept does not look at: TS and MP. */
const CR0_UNSELECTED = 0xa;

function generalRegister(op: Op, operand: number): number {
  const found = op.instruction.operands[operand];
  return found?.kind === "register" ? found.index : 0;
}

function describeMove(core: SvmCore, register: number, high: number): void {
  if (core.capabilities.decodeAssists) core.information.first(register, high);
}

function moveExit(core: SvmCore, op: Op, code: number, operand: number): number {
  core.information.begin(code);
  describeMove(core, generalRegister(op, operand), IS_MOV);
  return endInstructionExit(core, op);
}

function complete({ s }: SvmCore, op: Op): number {
  s[STATE.RIP] = op.nextLow;
  s[STATE.RIP + 1] = op.nextHigh;
  return STATUS_RETIRED;
}

/** MOV from a control register (APM 2 "Control Register Read"). With V_INTR_MASKING, CR8 is V_TPR. */
export function interceptCrRead(core: SvmCore, op: Op, register: number): number {
  const { s } = core;
  if (core.intercepts(CR_WORD, 1 << register)) return moveExit(core, op, VMEXIT_FAMILIES.crRead.code + register, 0);
  if (register !== 8 || (s[W.VIRTUAL_INTERRUPT]! & C.V_INTR_MASKING) === 0) return STATUS_NEXT;
  const word = STATE.GPR + generalRegister(op, 0) * 2;
  s[word] = s[W.VIRTUAL_INTERRUPT]! & 15;
  s[word + 1] = 0;
  return complete(core, op);
}

function changesSelected({ s }: SvmCore, value: number): boolean {
  return ((value ^ s[STATE.CR0]!) & ~(CR0_UNSELECTED | C.CR0_ET)) !== 0;
}

/** MOV to a control register; of CR0 also by the bits that it changes (APM 2 "CR0 Writes (Selective)"). */
export function interceptCrWrite(core: SvmCore, op: Op, register: number): number {
  const { s } = core;
  const word = STATE.GPR + generalRegister(op, 1) * 2;
  if (core.intercepts(CR_WORD, 1 << (WRITES + register)))
    return moveExit(core, op, VMEXIT_FAMILIES.crWrite.code + register, 1);
  if (register === 0 && core.intercepts(MISC_WORD, SELECTIVE_CR0) && changesSelected(core, s[word]!))
    return moveExit(core, op, VMEXIT_CODES.CR0_SEL_WRITE.code, 1);
  if (register !== 8 || (s[W.VIRTUAL_INTERRUPT]! & C.V_INTR_MASKING) === 0) return STATUS_NEXT;
  if ((s[word]! & ~15) !== 0 || s[word + 1] !== 0) return STATUS_NEXT;
  s[W.VIRTUAL_INTERRUPT] = (s[W.VIRTUAL_INTERRUPT]! & ~C.V_TPR) | s[word]!;
  return complete(core, op);
}

/** LMSW writes CR0; the selective intercept takes any LMSW. */
export function interceptLmsw(core: SvmCore, op: Op): number {
  if (core.intercepts(CR_WORD, 1 << WRITES)) return plainExit(core, op, VMEXIT_FAMILIES.crWrite.code);
  return plainExit(core, op, VMEXIT_CODES.CR0_SEL_WRITE.code);
}

/** MOV to and from debug registers. */
export function interceptDr(core: SvmCore, op: Op, register: number): number {
  const first = op.instruction.operands[0];
  const reads = first?.kind === "register" && first.class === "gpr";
  if (!core.intercepts(DR_WORD, 1 << (register + (reads ? 0 : WRITES)))) return STATUS_NEXT;
  const family = reads ? VMEXIT_FAMILIES.drRead : VMEXIT_FAMILIES.drWrite;
  core.information.begin(family.code + register);
  describeMove(core, generalRegister(op, reads ? 0 : 1), 0);
  return endInstructionExit(core, op);
}
