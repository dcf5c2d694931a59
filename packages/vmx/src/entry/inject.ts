import { deliverEvent, deliverException, FAULT_NONE, FAULT_STOP, STATE } from "@hvdiff/cpu";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import type { EntryCheckContext } from "./check.ts";

const TYPE_NMI = 2;
const TYPE_SOFTWARE_INTERRUPT = 4;
const TYPE_PRIVILEGED_EXCEPTION = 5;
const TYPE_OTHER = 7;
const BLOCKED_BY_MOV_SS = 2;
const SHUTDOWN = 2;
/** An enabled breakpoint, or a single step. */
const VALID_PENDING = (1 << 12) | (1 << 14);
const DELIVER_ERROR_CODE = 1 << 11;
const NMI_BLOCKING = 8;
const SHADOW = 3;

/**
 * Pending debug exceptions survive an injection only where MOV SS blocks them and the injected event is what INT n or INT1 would be (SDM 3C
 * "Delivery of Pending Debug Exceptions after VM Entry").
 */
function dropPendingDebug(s: Int32Array, type: number): void {
  const survives = type === TYPE_SOFTWARE_INTERRUPT || type === TYPE_PRIVILEGED_EXCEPTION;
  if (!survives || (s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) === 0) s[STATE.PENDING_DEBUG] = 0;
}

/** Injects the event that VM-entry interruption information names (SDM 3C "Event Injection"). */
export function injectEvent(core: VmxCore, x: EntryCheckContext): void {
  const { c, s, vmcs } = core;
  const information = x.injection;
  const type = (information >>> 8) & 7;
  if (type === TYPE_OTHER) {
    s[W.PENDING_MTF] = 1;
    s[STATE.EVENTS]! |= STATE.EVENT_VIRTUALIZATION;
    return;
  }
  const errorCode = (information & DELIVER_ERROR_CODE) !== 0 ? vmcs.lo(F.VM_ENTRY_EXCEPTION_ERROR_CODE) : -1;
  dropPendingDebug(s, type);
  s[STATE.ACTIVITY] = 0;
  s[STATE.INTERRUPTIBILITY]! &= ~SHADOW;
  if (type === TYPE_NMI) s[STATE.INTERRUPTIBILITY]! |= NMI_BLOCKING;
  const length = vmcs.lo(F.VM_ENTRY_INSTRUCTION_LENGTH);
  c.fault = FAULT_NONE;
  if (!deliverEvent(c, information & 0xff, type, errorCode, length)) deliverException(c);
  if (c.fault !== FAULT_STOP) c.fault = FAULT_NONE;
}

/**
 * Debug exceptions that the guest has pending are taken at the first boundary, unless an event is injected; only with one of two bits are
 * they valid, and shutdown and wait-for-SIPI drop them.
 */
export function schedulePendingDebug({ s }: VmxCore): void {
  if (s[STATE.ACTIVITY]! >= SHUTDOWN) s[STATE.PENDING_DEBUG] = 0;
  if ((s[STATE.PENDING_DEBUG]! & VALID_PENDING) !== 0) s[STATE.EVENTS]! |= STATE.EVENT_DEBUG_TRAP;
}
