import { INTERCEPT, INTERCEPT_COUNT, type InterceptName, type Op, STATUS_NEXT } from "@hvdiff/cpu";
import { type ExitReasonName, exitReasonNumber } from "@hvdiff/spec";
import type { VmxCore } from "../core.ts";
import { selectorInformation, tableInformation } from "../exit/instruction-information.ts";
import { interceptInvlpg, interceptIo, interceptRdmsr, interceptWrmsr } from "./bitmaps.ts";
import {
  interceptDr,
  interceptInvpcid,
  interceptRdtscp,
  interceptWaitpkg,
  interceptXrstorsInstruction,
  interceptXsavesInstruction,
  randomExit,
} from "./conditional.ts";
import { interceptClts, interceptCrRead, interceptCrWrite, interceptLmsw } from "./control-registers.ts";
import { operandExit, plainExit } from "./instruction-exit.ts";
import { interceptVmxInstruction } from "./vmx-instructions.ts";

/** What an intercepted instruction does: `STATUS_NEXT` when the finer condition does not hold. */
export type InterceptHandler = (core: VmxCore, op: Op, detail: number) => number;

function plain(name: ExitReasonName): InterceptHandler {
  const reason = exitReasonNumber(name);
  return (core, op) => plainExit(core, op, reason);
}

function random(name: ExitReasonName): InterceptHandler {
  const reason = exitReasonNumber(name);
  return (core, op) => randomExit(core, op, reason);
}

const GDTR_IDTR_ACCESS = exitReasonNumber("GDTR_IDTR_ACCESS");
const LDTR_TR_ACCESS = exitReasonNumber("LDTR_TR_ACCESS");

/** By name of the processor's intercept. Those that only SVM has are absent. */
export const INTERCEPT_HANDLERS: Readonly<Partial<Record<InterceptName, InterceptHandler>>> = {
  cpuid: plain("CPUID"),
  hlt: plain("HLT"),
  rdmsr: interceptRdmsr,
  wrmsr: interceptWrmsr,
  io: interceptIo,
  invlpg: interceptInvlpg,
  rdtsc: plain("RDTSC"),
  rdtscp: interceptRdtscp,
  rdpmc: plain("RDPMC"),
  pause: plain("PAUSE"),
  monitor: plain("MONITOR"),
  mwait: plain("MWAIT"),
  crRead: interceptCrRead,
  crWrite: interceptCrWrite,
  clts: interceptClts,
  lmsw: interceptLmsw,
  drAccess: interceptDr,
  wbinvd: plain("WBINVD"),
  invd: plain("INVD"),
  xsetbv: plain("XSETBV"),
  invpcid: interceptInvpcid,
  rdrand: random("RDRAND"),
  rdseed: random("RDSEED"),
  xsaves: interceptXsavesInstruction,
  xrstors: interceptXrstorsInstruction,
  gdtrIdtr: (core, op) => operandExit(core, op, GDTR_IDTR_ACCESS, tableInformation(op)),
  ldtrTr: (core, op) => operandExit(core, op, LDTR_TR_ACCESS, selectorInformation(op)),
  vmcall: interceptVmxInstruction,
  vmxInstruction: interceptVmxInstruction,
  vmread: interceptVmxInstruction,
  vmwrite: interceptVmxInstruction,
  getsec: plain("GETSEC"),
  waitpkg: interceptWaitpkg,
};

const goOn: InterceptHandler = () => STATUS_NEXT;

/** The handlers by number of the intercept. */
export const HANDLERS_BY_ID: readonly InterceptHandler[] = Array.from({ length: INTERCEPT_COUNT }, (_, id) => {
  const name = (Object.keys(INTERCEPT) as InterceptName[]).find((candidate) => INTERCEPT[candidate] === id);
  return (name === undefined ? undefined : INTERCEPT_HANDLERS[name]) ?? goOn;
});
