import { type EventBeingDelivered, FAULT_NONE, FAULT_STOP, INTERCEPT_COUNT, STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import { setGlobalInterruptFlag } from "../global-interrupt-flag.ts";
import * as W from "../state.ts";
import { selectHostContext } from "../tlb-contexts.ts";
import { traceVmexit } from "../trace.ts";
import { fetchedBytes } from "./fetched-bytes.ts";
import { loadHostState } from "./load-host.ts";
import { saveGuestState } from "./save.ts";

const MODE_NONE = 0;
const TYPE_EXCEPTION = 3;
/** Types of the processor's events from which on they are software exceptions, which SVM reports as exceptions. */
const SOFTWARE_EXCEPTION = 5;

/** EXITINTINFO of an event that was under delivery. */
function eventWord(event: EventBeingDelivered): number {
  const type = event.type >= SOFTWARE_EXCEPTION ? TYPE_EXCEPTION : event.type;
  return C.EVENT_VALID | (type << 8) | event.vector | (event.errorCode >= 0 ? C.EVENT_ERROR_CODE_VALID : 0);
}

function writeInterruptedEvent({ c, vmcb }: SvmCore): void {
  const event = c.delivering;
  c.delivering = null;
  if (event === null) vmcb.set(F.EXIT_INT_INFO, 0, 0);
  else vmcb.set(F.EXIT_INT_INFO, eventWord(event), Math.max(event.errorCode, 0));
}

/** Records the exit in the control area (APM 2 "#VMEXIT"). */
function writeInformation(core: SvmCore): void {
  const { vmcb, information, capabilities } = core;
  vmcb.set(F.EXIT_CODE, information.code, information.code < 0 ? -1 : 0);
  vmcb.set(F.EXIT_INFO_1, information.info1Low, information.info1High);
  vmcb.set(F.EXIT_INFO_2, information.info2Low, information.info2High);
  writeInterruptedEvent(core);
  if (capabilities.nextRip) vmcb.set(F.NEXT_RIP, information.nextRipLow, information.nextRipHigh);
  if (!capabilities.decodeAssists) return;
  const bytes = information.fetchesBytes ? fetchedBytes(core) : NO_BYTES;
  for (let n = 0; n < bytes.length; n++) vmcb.set32(F.INSTRUCTION_BYTES + n * 4, bytes[n]!);
}

const NO_BYTES: readonly number[] = [0, 0, 0, 0];

/** Takes everything that VMRUN put into the processor's vendor-neutral slots away. */
export function leaveGuest({ c, s }: SvmCore): void {
  s.fill(0, STATE.INTERCEPTS, STATE.INTERCEPTS + INTERCEPT_COUNT);
  s[STATE.EXCEPTION_INTERCEPTS] = 0;
  s[STATE.TSC_OFFSET] = s[STATE.TSC_OFFSET + 1] = 0;
  s[STATE.TSC_MULTIPLIER] = s[STATE.TSC_MULTIPLIER + 1] = 0;
  s[STATE.EVENTS]! &= ~STATE.EVENT_VIRTUAL;
  s[STATE.VIRTUALIZATION_MODE] = MODE_NONE;
  s[STATE.TRACE_LEVEL] = s[W.ROOT_TRACE_LEVEL]!;
  c.secondStage = null;
}

/**
 * Makes the #VMEXIT that `core.information` describes. Afterwards the host's state is loaded, GIF is 0 and the processor's pending fault is
 * "exit".
 */
export function makeExit(core: SvmCore): void {
  const { c } = core;
  c.settleTime();
  writeInformation(core);
  saveGuestState(core);
  c.fault = FAULT_NONE;
  leaveGuest(core);
  setGlobalInterruptFlag(core, false);
  loadHostState(core);
  selectHostContext(core);
  if (c.fault !== FAULT_STOP) c.noteExit();
  if (core.transitionTrace !== null) traceVmexit(core.transitionTrace, core.vmcb);
}

/** VMEXIT_INVALID: VMRUN found the VMCB inconsistent before it loaded anything. */
export function failVmrun(core: SvmCore): void {
  const { c, vmcb, s } = core;
  core.information.begin(-1);
  c.delivering = null;
  writeInformation(core);
  s[STATE.DR7] = 0x400;
  setGlobalInterruptFlag(core, false);
  c.translationChanged();
  if (core.transitionTrace !== null) traceVmexit(core.transitionTrace, vmcb);
}
