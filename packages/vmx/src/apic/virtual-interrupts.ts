import { deliverEvent, deliverException, EVENT_TYPE_EXTERNAL, IF, STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { pendTrapExit, updateApicEvent } from "./trap-exit.ts";
import {
  addVector,
  highestVector,
  readVirtual,
  removeVector,
  VIRR,
  VISR,
  VPPR,
  VTPR,
  writeVirtual,
} from "./virtual-apic-page.ts";

/*
 * Virtual interrupts (SDM 3C "Evaluation and Delivery of Virtual Interrupts") and the virtualization of TPR, EOI and self-IPIs, which start
 * the evaluation.
 */

const TPR_BELOW_THRESHOLD = exitReasonNumber("TPR_BELOW_THRESHOLD");
const VIRTUALIZED_EOI = exitReasonNumber("VIRTUALIZED_EOI");
const BLOCKED_BY_STI_OR_MOV_SS = 3;
const ACTIVITY_HLT = 1;

/** Requesting and servicing virtual interrupt: halves of the guest interrupt status. */
function requesting({ vmcs }: VmxCore): number {
  return vmcs.lo(F.GUEST_INTERRUPT_STATUS) & 0xff;
}

function servicing({ vmcs }: VmxCore): number {
  return vmcs.lo(F.GUEST_INTERRUPT_STATUS) >>> 8;
}

function setRequesting(core: VmxCore, vector: number): void {
  core.vmcs.set(F.GUEST_INTERRUPT_STATUS, (servicing(core) << 8) | vector, 0);
}

function setServicing(core: VmxCore, vector: number): void {
  core.vmcs.set(F.GUEST_INTERRUPT_STATUS, (vector << 8) | requesting(core), 0);
}

/** Whether virtual interrupts are delivered to the running guest. */
export function deliversVirtualInterrupts({ s }: VmxCore): boolean {
  return (s[W.SECONDARY]! & C.VIRTUAL_INTERRUPT_DELIVERY) !== 0;
}

/** PPR virtualization. */
export function virtualizePpr(core: VmxCore): void {
  const task = readVirtual(core, VTPR) & 0xff;
  const service = servicing(core);
  writeVirtual(core, VPPR, task >>> 4 >= service >>> 4 ? task : service & 0xf0);
}

/** Evaluates pending virtual interrupts: whether one is recognized now. */
export function evaluateVirtualInterrupts(core: VmxCore): void {
  const { s } = core;
  const priority = (readVirtual(core, VPPR) >>> 4) & 15;
  const recognized = (s[W.PRIMARY]! & C.INTERRUPT_WINDOW_EXITING) === 0 && requesting(core) >>> 4 > priority;
  s[W.VIRTUAL_INTERRUPT] = recognized ? 1 : 0;
  updateApicEvent(core);
}

/** Whether the virtual task priority is below the threshold. */
export function isBelowThreshold(core: VmxCore): boolean {
  return ((readVirtual(core, VTPR) >>> 4) & 15) < (core.vmcs.lo(F.TPR_THRESHOLD) & 15);
}

/** TPR virtualization, after a write of VTPR; a VM exit that it makes follows the instruction. */
export function virtualizeTpr(core: VmxCore): void {
  if (deliversVirtualInterrupts(core)) {
    virtualizePpr(core);
    evaluateVirtualInterrupts(core);
  } else if (isBelowThreshold(core)) pendTrapExit(core, TPR_BELOW_THRESHOLD, 0);
}

function exitsOnEoi({ vmcs }: VmxCore, vector: number): boolean {
  const field = F.EOI_EXIT_BITMAP0 + (vector >>> 6);
  const half = (vector & 32) === 0 ? vmcs.lo(field) : vmcs.hi(field);
  return ((half >>> (vector & 31)) & 1) !== 0;
}

/** EOI virtualization, after a write of VEOI; a VM exit that it makes follows the instruction. */
export function virtualizeEoi(core: VmxCore): void {
  const vector = servicing(core);
  removeVector(core, VISR, vector);
  setServicing(core, highestVector(core, VISR));
  virtualizePpr(core);
  if (exitsOnEoi(core, vector)) pendTrapExit(core, VIRTUALIZED_EOI, vector);
  else evaluateVirtualInterrupts(core);
}

/** Virtual interrupts have been requested in VIRR, `vector` the highest of them. */
export function requestVirtualInterrupts(core: VmxCore, vector: number): void {
  setRequesting(core, Math.max(requesting(core), vector));
  evaluateVirtualInterrupts(core);
}

/** Self-IPI virtualization. */
export function virtualizeSelfIpi(core: VmxCore, vector: number): void {
  addVector(core, VIRR, vector);
  requestVirtualInterrupts(core, vector);
}

function isDeliverable({ s }: VmxCore): boolean {
  if (s[W.VIRTUAL_INTERRUPT] === 0 || s[STATE.ACTIVITY]! > ACTIVITY_HLT) return false;
  return (s[STATE.FLAG_SYSTEM]! & IF) !== 0 && (s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_STI_OR_MOV_SS) === 0;
}

/** Virtual-interrupt delivery at an instruction boundary, if an interrupt is recognized and the guest takes it. True if it was. */
export function deliverVirtualInterrupt(core: VmxCore): boolean {
  if (!isDeliverable(core)) return false;
  const { c, s } = core;
  const vector = requesting(core);
  addVector(core, VISR, vector);
  setServicing(core, vector);
  writeVirtual(core, VPPR, vector & 0xf0);
  removeVector(core, VIRR, vector);
  setRequesting(core, highestVector(core, VIRR));
  s[W.VIRTUAL_INTERRUPT] = 0;
  updateApicEvent(core);
  deliverEvent(c, vector, EVENT_TYPE_EXTERNAL, -1, 0);
  deliverException(c);
  return true;
}
