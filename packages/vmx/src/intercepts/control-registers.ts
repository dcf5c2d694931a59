import { type Op, STATE, STATUS_NEXT, STATUS_RETIRED } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import { readVirtual, VTPR, writeVirtual } from "../apic/virtual-apic-page.ts";
import { virtualizeTpr } from "../apic/virtual-interrupts.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { registerAt } from "../exit/instruction-information.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { beginInstructionExit, endInstructionExit } from "./instruction-exit.ts";

const CR_ACCESS = exitReasonNumber("CR_ACCESS");
const MOV_FROM = 1 << 4;
const CLTS = 2 << 4;
const LMSW = 3 << 4;
const LMSW_MEMORY = 1 << 6;
const CR0_PE = 1;
const CR0_TS = 8;
const LMSW_BITS = 0xe;

function crExit(core: VmxCore, op: Op, qualification: number): number {
  beginInstructionExit(core, op, CR_ACCESS);
  core.information.qualify(qualification, 0);
  return endInstructionExit(core);
}

function isCr3Target({ s, vmcs }: VmxCore, word: number): boolean {
  const count = vmcs.lo(F.CR3_TARGET_COUNT);
  for (let n = 0; n < count; n++) {
    const field = F.CR3_TARGET_VALUE0 + n;
    if (vmcs.lo(field) === s[word] && vmcs.hi(field) === s[word + 1]) return true;
  }
  return false;
}

function exitsOnWrite(core: VmxCore, register: number, word: number): boolean {
  const { s } = core;
  const primary = s[W.PRIMARY]!;
  switch (register) {
    case 0:
      return ((s[word]! ^ s[STATE.CR0_SHADOW]!) & s[STATE.CR0_MASK]!) !== 0;
    case 2:
      return false;
    case 3:
      return (primary & C.CR3_LOAD_EXITING) !== 0 && !isCr3Target(core, word);
    case 4:
      return ((s[word]! ^ s[STATE.CR4_SHADOW]!) & s[STATE.CR4_MASK]!) !== 0;
    default:
      return (primary & C.CR8_LOAD_EXITING) !== 0;
  }
}

function complete({ s }: VmxCore, op: Op): number {
  s[STATE.RIP] = op.nextLow;
  s[STATE.RIP + 1] = op.nextHigh;
  return STATUS_RETIRED;
}

/** MOV to CR0, CR3, CR4, CR8 (SDM 3C "Instructions That Cause VM Exits Conditionally"). */
export function interceptCrWrite(core: VmxCore, op: Op, register: number): number {
  const { s } = core;
  const source = registerAt(op, 1);
  const word = STATE.GPR + source * 2;
  if (exitsOnWrite(core, register, word)) return crExit(core, op, register | (source << 8));
  if (register !== 8 || (s[W.PRIMARY]! & C.USE_TPR_SHADOW) === 0) return STATUS_NEXT;
  if ((s[word]! & ~15) !== 0 || s[word + 1] !== 0) return STATUS_NEXT;
  writeVirtual(core, VTPR, (s[word]! & 15) << 4);
  virtualizeTpr(core);
  return complete(core, op);
}

/** MOV from CR3 and CR8; of CR0 and CR4 the masks and shadows decide what is read. */
export function interceptCrRead(core: VmxCore, op: Op, register: number): number {
  const { s } = core;
  const primary = s[W.PRIMARY]!;
  const destination = registerAt(op, 0);
  const exits = register === 3 ? C.CR3_STORE_EXITING : register === 8 ? C.CR8_STORE_EXITING : 0;
  if ((primary & exits) !== 0) return crExit(core, op, register | MOV_FROM | (destination << 8));
  if (register !== 8 || (primary & C.USE_TPR_SHADOW) === 0) return STATUS_NEXT;
  s[STATE.GPR + destination * 2] = (readVirtual(core, VTPR) >>> 4) & 15;
  s[STATE.GPR + destination * 2 + 1] = 0;
  return complete(core, op);
}

/** CLTS exits when the host owns TS and the guest reads it as 1. */
export function interceptClts(core: VmxCore, op: Op): number {
  const { s } = core;
  if ((s[STATE.CR0_MASK]! & s[STATE.CR0_SHADOW]! & CR0_TS) === 0) return STATUS_NEXT;
  return crExit(core, op, CLTS);
}

/** LMSW exits when it would change TS, EM, MP, or set PE, of those that the host owns. `source` is its operand. */
export function interceptLmsw(core: VmxCore, op: Op, source: number): number {
  const { s } = core;
  const mask = s[STATE.CR0_MASK]!;
  const shadow = s[STATE.CR0_SHADOW]!;
  const setsPe = (source & mask & ~shadow & CR0_PE) !== 0;
  if (!setsPe && ((source ^ shadow) & mask & LMSW_BITS) === 0) return STATUS_NEXT;
  const isMemory = op.instruction.operands[0]?.kind === "memory";
  return crExit(core, op, LMSW | (isMemory ? LMSW_MEMORY : 0) | (source << 16));
}
