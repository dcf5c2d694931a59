import { STATE } from "@hvdiff/cpu";
import { hi32, lo32, u64 } from "@hvdiff/spec";
import { SVM, VMCB } from "@hvdiff/svm";
import type { VcpuEvents } from "../userspace.ts";
import type { SvmVcpu } from "./vcpu.ts";

const VECTOR = 0xff;
const TYPE_SHIFT = 8;
/** Types of EVENTINJ (APM 2 "Event Injection"). */
const TYPE = { interrupt: 0, nmi: 2, exception: 3, softwareInterrupt: 4 } as const;
const NMI_VECTOR = 2;
const PAGE_FAULT = 14;
const BLOCKED_BY_NMI = 8;

/** What L1 injects with an entry that is still to come is in the controls of its VMCB. */
function injectedOf({ current, state }: SvmVcpu): VcpuEvents["injected"] {
  if (state.runPending) return null;
  const event = current.lo(VMCB.EVENT_INJECTION);
  if ((event & SVM.EVENT_VALID) === 0) return null;
  const type = (event >>> TYPE_SHIFT) & 7;
  const vector = event & VECTOR;
  if (type === TYPE.nmi) return { kind: "nmi" };
  if (type !== TYPE.exception) return { kind: "interrupt", vector, isSoft: type === TYPE.softwareInterrupt };
  const errorCode = (event & SVM.EVENT_ERROR_CODE_VALID) === 0 ? -1 : current.hi(VMCB.EVENT_INJECTION);
  return { kind: "exception", exception: { vector, errorCode, payload: 0n } };
}

/** The events of a virtual processor on SVM silicon. */
export function svmEventsOf(vcpu: SvmVcpu): VcpuEvents {
  const { state, silicon, guestCpu, current } = vcpu;
  const { s } = guestCpu.file;
  const { owed } = state;
  return {
    pending:
      owed === null ? null : { vector: owed.vector, errorCode: owed.errorCode, payload: u64(owed.low, owed.high) },
    injected: injectedOf(vcpu),
    length: 0,
    isTold: false,
    isBlockedBySti: (current.lo(VMCB.INTERRUPT_SHADOW) & 1) !== 0,
    isBlockedByMovSs: false,
    isNmiPending: (s[STATE.EVENTS]! & STATE.EVENT_NMI) !== 0,
    isBlockedByNmi: (silicon.s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_NMI) !== 0,
    isInitPending: (s[STATE.EVENTS]! & STATE.EVENT_INIT) !== 0,
    isWoken: state.woken && !state.halted,
    isNotified: false,
  };
}

function eventOf(injected: NonNullable<VcpuEvents["injected"]>): readonly [low: number, high: number] {
  const event = (type: number, vector: number) => SVM.EVENT_VALID | (type << TYPE_SHIFT) | vector;
  if (injected.kind === "nmi") return [event(TYPE.nmi, NMI_VECTOR), 0];
  if (injected.kind === "interrupt")
    return [event(injected.isSoft ? TYPE.softwareInterrupt : TYPE.interrupt, injected.vector), 0];
  const { vector, errorCode } = injected.exception;
  const withCode = errorCode < 0 ? 0 : SVM.EVENT_ERROR_CODE_VALID;
  return [event(TYPE.exception, vector) | withCode, Math.max(errorCode, 0)];
}

function setBit(words: Int32Array, word: number, { bit, isSet }: { bit: number; isSet: boolean }): void {
  if (isSet) words[word]! |= bit;
  else words[word]! &= ~bit;
}

/** Gives a virtual processor on SVM silicon its events. */
export function putSvmEvents(vcpu: SvmVcpu, events: VcpuEvents): void {
  const { state, current, guestCpu, silicon } = vcpu;
  const { pending, injected } = events;
  state.woken = events.isWoken;
  const isPageFault = pending?.vector === PAGE_FAULT;
  state.owed =
    pending === null
      ? null
      : {
          vector: pending.vector,
          errorCode: pending.errorCode,
          low: isPageFault ? lo32(pending.payload) : 0,
          high: isPageFault ? hi32(pending.payload) : 0,
        };
  if (injected !== null) current.set(VMCB.EVENT_INJECTION, ...eventOf(injected));
  current.set(VMCB.INTERRUPT_SHADOW, events.isBlockedBySti || events.isBlockedByMovSs ? 1 : 0, 0);
  const { s } = guestCpu.file;
  setBit(s, STATE.EVENTS, { bit: STATE.EVENT_NMI, isSet: events.isNmiPending });
  setBit(s, STATE.EVENTS, { bit: STATE.EVENT_INIT, isSet: events.isInitPending });
  setBit(silicon.s, STATE.INTERRUPTIBILITY, { bit: BLOCKED_BY_NMI, isSet: events.isBlockedByNmi });
}
