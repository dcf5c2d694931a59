import {
  ENABLE_CHECK,
  INTERCEPT,
  INTERCEPT_COUNT,
  type InterceptName,
  invalidatedAddress,
  type Op,
  STATUS_NEXT,
} from "@hvdiff/cpu";
import { VMEXIT_CODES, VMEXIT_FAMILIES, type VmexitCodeName } from "@hvdiff/spec";
import type { SvmCore } from "../core.ts";
import { interceptCrRead, interceptCrWrite, interceptDr, interceptLmsw } from "./control-registers.ts";
import { endInstructionExit, plainExit } from "./instruction-exit.ts";
import { interceptPause } from "./pause-filter.ts";
import { interceptIo, interceptRdmsr, interceptWrmsr } from "./permission-maps.ts";

/** What an intercepted instruction does: `STATUS_NEXT` when the finer condition does not hold. */
export type InterceptHandler = (core: SvmCore, op: Op, detail: number) => number;

function plain(name: VmexitCodeName): InterceptHandler {
  const { code } = VMEXIT_CODES[name];
  return (core, op) => plainExit(core, op, code);
}

/** Instructions of one intercept id that have bits and codes of their own, by `detail`. */
function byDetail(...names: VmexitCodeName[]): InterceptHandler {
  const codes = names.map((name) => VMEXIT_CODES[name]);
  return (core, op, detail) => {
    const { code, intercept } = codes[detail]! as { code: number; intercept: readonly [number, number] };
    return core.intercepts(intercept[0], 1 << intercept[1]) ? plainExit(core, op, code) : STATUS_NEXT;
  };
}

/** SVM has no control that takes these instructions away: nothing to answer when only that is asked. */
function unlessEnableCheck(name: VmexitCodeName): InterceptHandler {
  const { code } = VMEXIT_CODES[name];
  return (core, op, detail) => (detail === ENABLE_CHECK ? STATUS_NEXT : plainExit(core, op, code));
}

const MWAIT_BIT = 1 << 11;

/** The conditional intercept asks for an armed monitor, which MONITOR leaves until something is written. */
const mwait: InterceptHandler = (core, op) =>
  plainExit(core, op, core.intercepts(4, MWAIT_BIT) ? VMEXIT_CODES.MWAIT.code : VMEXIT_CODES.MWAIT_CONDITIONAL.code);

const softwareInterrupt: InterceptHandler = (core, op, vector) => {
  core.information.begin(VMEXIT_CODES.SWINT.code);
  if (core.capabilities.decodeAssists) core.information.first(vector);
  return endInstructionExit(core, op);
};

const invlpg: InterceptHandler = (core, op) => {
  core.information.begin(VMEXIT_CODES.INVLPG.code);
  if (core.capabilities.decodeAssists) core.information.first(invalidatedAddress(core.c, op), core.c.hi);
  return endInstructionExit(core, op);
};

const INTERCEPT_HANDLERS: Readonly<Partial<Record<InterceptName, InterceptHandler>>> = {
  cpuid: plain("CPUID"),
  hlt: plain("HLT"),
  rdmsr: interceptRdmsr,
  wrmsr: interceptWrmsr,
  io: interceptIo,
  invlpg,
  rdtsc: plain("RDTSC"),
  rdtscp: unlessEnableCheck("RDTSCP"),
  rdpmc: plain("RDPMC"),
  pause: interceptPause,
  monitor: plain("MONITOR"),
  mwait,
  crRead: interceptCrRead,
  crWrite: interceptCrWrite,
  clts: (core, op) => plainExit(core, op, VMEXIT_FAMILIES.crWrite.code),
  lmsw: interceptLmsw,
  smsw: (core, op) => plainExit(core, op, VMEXIT_FAMILIES.crRead.code),
  drAccess: interceptDr,
  wbinvd: plain("WBINVD"),
  invd: plain("INVD"),
  xsetbv: plain("XSETBV"),
  invpcid: unlessEnableCheck("INVPCID"),
  gdtrIdtr: byDetail("GDTR_READ", "IDTR_READ", "GDTR_WRITE", "IDTR_WRITE"),
  ldtrTr: byDetail("LDTR_READ", "TR_READ", "LDTR_WRITE", "TR_WRITE"),
  rsm: plain("RSM"),
  iret: plain("IRET"),
  pushf: plain("PUSHF"),
  popf: plain("POPF"),
  softwareInterrupt,
  icebp: plain("ICEBP"),
  rdpru: plain("RDPRU"),
};

const goOn: InterceptHandler = () => STATUS_NEXT;

/** The handlers by number of the intercept. */
export const HANDLERS_BY_ID: readonly InterceptHandler[] = Array.from({ length: INTERCEPT_COUNT }, (_, id) => {
  const name = (Object.keys(INTERCEPT) as InterceptName[]).find((candidate) => INTERCEPT[candidate] === id);
  return (name === undefined ? undefined : INTERCEPT_HANDLERS[name]) ?? goOn;
});
