import { INTERCEPT, INTERCEPT_COUNT, STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import { CHANGED_CONTROLS } from "../memory-vmcs.ts";
import * as W from "../state.ts";
import type { EntryCheckContext } from "./check.ts";

const ALWAYS = 1;
const ASK = 2;
const MTF_AFTER_INSTRUCTION = 2;
const PAGE_FAULT = 1 << 14;
const { EVENT_VIRTUALIZATION } = STATE;

/** The extension is to be asked at every boundary while one of these is set. */
const WINDOWS = C.INTERRUPT_WINDOW_EXITING | C.NMI_WINDOW_EXITING;

type InterceptRule = readonly [id: number, control: number, word: number];

// Instructions that exit while a control is 1.
const BY_PRIMARY: readonly InterceptRule[] = [
  [INTERCEPT.hlt, C.HLT_EXITING, ALWAYS],
  [INTERCEPT.invlpg, C.INVLPG_EXITING, ALWAYS],
  [INTERCEPT.mwait, C.MWAIT_EXITING, ALWAYS],
  [INTERCEPT.rdpmc, C.RDPMC_EXITING, ALWAYS],
  [INTERCEPT.rdtsc, C.RDTSC_EXITING, ALWAYS],
  [INTERCEPT.drAccess, C.MOV_DR_EXITING, ALWAYS],
  [INTERCEPT.io, C.UNCONDITIONAL_IO_EXITING | C.USE_IO_BITMAPS, ASK],
  [INTERCEPT.monitor, C.MONITOR_EXITING, ALWAYS],
  [INTERCEPT.pause, C.PAUSE_EXITING, ALWAYS],
  [INTERCEPT.crRead, C.CR3_STORE_EXITING | C.CR8_STORE_EXITING | C.USE_TPR_SHADOW, ASK],
];
const BY_SECONDARY: readonly InterceptRule[] = [
  [INTERCEPT.wbinvd, C.WBINVD_EXITING, ALWAYS],
  [INTERCEPT.gdtrIdtr, C.DESCRIPTOR_TABLE_EXITING, ALWAYS],
  [INTERCEPT.ldtrTr, C.DESCRIPTOR_TABLE_EXITING, ALWAYS],
  [INTERCEPT.rdrand, C.RDRAND_EXITING, ALWAYS],
  [INTERCEPT.rdseed, C.RDSEED_EXITING, ALWAYS],
];
const UNCONDITIONAL: readonly number[] = [
  INTERCEPT.cpuid,
  INTERCEPT.invd,
  INTERCEPT.xsetbv,
  INTERCEPT.getsec,
  INTERCEPT.taskSwitch,
  INTERCEPT.vmcall,
  INTERCEPT.vmxInstruction,
  INTERCEPT.vmread,
  INTERCEPT.vmwrite,
];
// Intercepts whose finer condition `Vmx.intercept` decides at each execution.
const ASKED: readonly number[] = [
  INTERCEPT.rdmsr,
  INTERCEPT.wrmsr,
  INTERCEPT.crWrite,
  INTERCEPT.clts,
  INTERCEPT.lmsw,
  INTERCEPT.rdtscp,
  INTERCEPT.invpcid,
  INTERCEPT.xsaves,
  INTERCEPT.xrstors,
  INTERCEPT.waitpkg,
];

function applyRules(s: Int32Array, rules: readonly InterceptRule[], controls: number): void {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    if ((controls & rule[1]) !== 0) s[STATE.INTERCEPTS + rule[0]] = rule[2];
  }
}

function fillIntercepts(s: Int32Array, x: EntryCheckContext): void {
  s.fill(0, STATE.INTERCEPTS, STATE.INTERCEPTS + INTERCEPT_COUNT);
  for (let i = 0; i < UNCONDITIONAL.length; i++) s[STATE.INTERCEPTS + UNCONDITIONAL[i]!] = ALWAYS;
  for (let i = 0; i < ASKED.length; i++) s[STATE.INTERCEPTS + ASKED[i]!] = ASK;
  applyRules(s, BY_PRIMARY, x.primary);
  applyRules(s, BY_SECONDARY, x.secondary);
}

/** The exception bitmap; for page faults 0 only where mask and match can never ask for an exit. */
function exceptionIntercepts({ vmcs }: VmxCore): number {
  const bitmap = vmcs.lo(F.EXCEPTION_BITMAP);
  const mask = vmcs.lo(F.PAGE_FAULT_ERROR_CODE_MASK);
  const match = vmcs.lo(F.PAGE_FAULT_ERROR_CODE_MATCH);
  const never = mask === 0 && (match === 0) === ((bitmap & PAGE_FAULT) === 0);
  return never ? bitmap & ~PAGE_FAULT : bitmap | PAGE_FAULT;
}

function setPreemptionTimer({ c, vmcs, capabilities, retiredAtEntry }: VmxCore, x: EntryCheckContext): void {
  if ((x.pin & C.ACTIVATE_VMX_PREEMPTION_TIMER) === 0) return;
  const ticks = vmcs.lo(F.VMX_PREEMPTION_TIMER_VALUE) >>> 0;
  const deadline = retiredAtEntry + ticks * 2 ** capabilities.misc.preemptionTimerRate;
  c.f64[W.PREEMPTION_DEADLINE] = deadline;
  c.onGuestDeadline(deadline);
}

function fillControlSlots(core: VmxCore, x: EntryCheckContext): void {
  const { s, vmcs } = core;
  s[W.PIN] = x.pin;
  s[W.PRIMARY] = x.primary;
  s[W.SECONDARY] = x.secondary;
  s[W.EXIT_CONTROLS] = x.exit;
  s[W.ENTRY_CONTROLS] = x.entry;
  fillIntercepts(s, x);
  s[STATE.CR0_MASK] = vmcs.lo(F.CR0_GUEST_HOST_MASK);
  s[STATE.CR0_SHADOW] = vmcs.lo(F.CR0_READ_SHADOW);
  s[STATE.CR4_MASK] = vmcs.lo(F.CR4_GUEST_HOST_MASK);
  s[STATE.CR4_SHADOW] = vmcs.lo(F.CR4_READ_SHADOW);
  s[STATE.EXCEPTION_INTERCEPTS] = exceptionIntercepts(core);
  const offsetting = (x.primary & C.USE_TSC_OFFSETTING) !== 0;
  s[STATE.TSC_OFFSET] = offsetting ? vmcs.lo(F.TSC_OFFSET) : 0;
  s[STATE.TSC_OFFSET + 1] = offsetting ? vmcs.hi(F.TSC_OFFSET) : 0;
  const scaling = offsetting && (x.secondary & C.USE_TSC_SCALING) !== 0;
  s[STATE.TSC_MULTIPLIER] = scaling ? vmcs.lo(F.TSC_MULTIPLIER) : 0;
  s[STATE.TSC_MULTIPLIER + 1] = scaling ? vmcs.hi(F.TSC_MULTIPLIER) : 0;
}

/**
 * Puts what the controls say into the processor's vendor-neutral slots and remembers the effective controls.
 * @param stale groups of fields that the processor does not hold already
 */
export function fillSlots(core: VmxCore, x: EntryCheckContext, stale: number): void {
  const { s } = core;
  if ((stale & CHANGED_CONTROLS) !== 0) fillControlSlots(core, x);
  s[W.PENDING_MTF] = (x.primary & C.MONITOR_TRAP_FLAG) !== 0 ? MTF_AFTER_INSTRUCTION : 0;
  core.c.f64[W.MTF_AT] = core.retiredAtEntry + 1;
  if (((x.primary & WINDOWS) | s[W.PENDING_MTF]!) !== 0) s[STATE.EVENTS]! |= EVENT_VIRTUALIZATION;
  setPreemptionTimer(core, x);
}
