import { STATE } from "@hvdiff/cpu";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import { F } from "../fields.ts";
import type { OwedException } from "../l0-state.ts";
import type { QueuedException, VcpuEvents } from "../userspace.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import type { VmxVcpuState } from "../vmx-vcpu-state.ts";

const VALID = 1 << 31;
const VECTOR = 0xff;
const ERROR_CODE = 1 << 11;
const TYPE_SHIFT = 8;
const TYPE_MASK = 7;
/** Interruption types (SDM 3C "VM-Entry Controls for Event Injection"). */
const TYPE = { external: 0, nmi: 2, hardwareException: 3, softInterrupt: 4, softException: 6 } as const;
const NMI_VECTOR = 2;
const SOFT_EXCEPTIONS = [3, 4];
const ACTIVITY_HLT = 1;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const BLOCKED_BY_NMI = 8;

function queued({ vector, errorCode, low, high }: OwedException): QueuedException {
  return { vector, errorCode, payload: u64(low, high) };
}

/** What is to be delivered to the level that runs whatever comes: cut short by an exit, or not entered yet. */
function underWay({ state, current }: VmxVcpu): VmxVcpuState["reinject"] {
  if (state.reinject !== null) return state.reinject;
  const information = current.lo(F.vmEntryInterruptionInformation);
  if ((information & VALID) === 0) return null;
  return {
    information,
    errorCode: current.lo(F.vmEntryExceptionErrorCode),
    length: current.lo(F.vmEntryInstructionLength),
    isTold: false,
  };
}

function injectedOf(information: number, errorCode: number): NonNullable<VcpuEvents["injected"]> {
  const type = (information >>> TYPE_SHIFT) & TYPE_MASK;
  const vector = information & VECTOR;
  if (type === TYPE.nmi) return { kind: "nmi" };
  if (type === TYPE.external || type === TYPE.softInterrupt)
    return { kind: "interrupt", vector, isSoft: type === TYPE.softInterrupt };
  const exception = { vector, errorCode: (information & ERROR_CODE) === 0 ? -1 : errorCode, payload: 0n };
  return { kind: "exception", exception };
}

/** Whether it sleeps, in L0 or on silicon, woken or not. */
export function isHalted({ state, current }: VmxVcpu): boolean {
  return state.halted || current.lo(F.guestActivityState) === ACTIVITY_HLT;
}

/** The events of a virtual processor. */
export function eventsOf(vcpu: VmxVcpu): VcpuEvents {
  const { state, current, guestCpu } = vcpu;
  const { s } = guestCpu.file;
  const event = underWay(vcpu);
  const blocking = current.lo(F.guestInterruptibilityState);
  return {
    pending: state.owed === null ? null : queued(state.owed),
    injected: event === null ? null : injectedOf(event.information, event.errorCode),
    length: event?.length ?? 0,
    isTold: event?.isTold ?? false,
    isBlockedBySti: (blocking & BLOCKED_BY_STI) !== 0,
    isBlockedByMovSs: (blocking & BLOCKED_BY_MOV_SS) !== 0,
    isNmiPending: (s[STATE.EVENTS]! & STATE.EVENT_NMI) !== 0,
    isBlockedByNmi: (blocking & BLOCKED_BY_NMI) !== 0,
    isInitPending: (s[STATE.EVENTS]! & STATE.EVENT_INIT) !== 0,
    isWoken: state.woken && !isHalted(vcpu),
    isNotified: state.notified,
  };
}

/** Interruption information of an event, with its error code. */
function informationOf(event: NonNullable<VcpuEvents["injected"]>): { information: number; errorCode: number } {
  const information = (type: number, vector: number) => VALID | (type << TYPE_SHIFT) | vector;
  if (event.kind === "nmi") return { information: information(TYPE.nmi, NMI_VECTOR), errorCode: 0 };
  if (event.kind === "interrupt") {
    const type = event.isSoft ? TYPE.softInterrupt : TYPE.external;
    return { information: information(type, event.vector), errorCode: 0 };
  }
  const { vector, errorCode } = event.exception;
  const type = SOFT_EXCEPTIONS.includes(vector) ? TYPE.softException : TYPE.hardwareException;
  const withCode = errorCode < 0 ? 0 : ERROR_CODE;
  return { information: information(type, vector) | withCode, errorCode: Math.max(errorCode, 0) };
}

function setEvent(s: Int32Array, bit: number, isSet: boolean): void {
  if (isSet) s[STATE.EVENTS]! |= bit;
  else s[STATE.EVENTS]! &= ~bit;
}

/** Gives a virtual processor its events. What is injected is delivered at the next entry. */
export function putEvents(vcpu: VmxVcpu, events: VcpuEvents): void {
  const { state, current, guestCpu } = vcpu;
  const { pending, injected, length } = events;
  state.owed = pending === null ? null : { ...pending, low: lo32(pending.payload), high: hi32(pending.payload) };
  state.woken = events.isWoken;
  state.notified = events.isNotified;
  state.reinject = injected === null ? null : { ...informationOf(injected), length, isTold: events.isTold };
  const others = current.lo(F.guestInterruptibilityState) & ~(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS | BLOCKED_BY_NMI);
  const blocking =
    (events.isBlockedBySti ? BLOCKED_BY_STI : 0) |
    (events.isBlockedByMovSs ? BLOCKED_BY_MOV_SS : 0) |
    (events.isBlockedByNmi ? BLOCKED_BY_NMI : 0);
  current.set(F.guestInterruptibilityState, others | blocking, 0);
  const { s } = guestCpu.file;
  setEvent(s, STATE.EVENT_NMI, events.isNmiPending);
  setEvent(s, STATE.EVENT_INIT, events.isInitPending);
}
