import type { DebugRegisters, UserspacePolicy, VcpuEvents, WholeVcpuAccess } from "@hvdiff/nested";
import { nestedStateBytes, nestedStateFrom } from "./kvm-nested-state.ts";
import { type KvmRegisters, VcpuRegisters } from "./kvm-registers.ts";
import { isSvmState, svmStateBytes, svmStateFrom } from "./kvm-svm-nested-state.ts";

/** `struct kvm_vcpu_events`, without SMM. */
export interface KvmVcpuEvents {
  readonly exception: {
    readonly injected: boolean;
    readonly pending: boolean;
    readonly nr: number;
    /** -1: none. */
    readonly errorCode: number;
    readonly payload: bigint;
  };
  readonly interrupt: {
    readonly injected: boolean;
    readonly nr: number;
    readonly soft: boolean;
    /** KVM_X86_SHADOW_INT_*. */
    readonly shadow: number;
  };
  readonly nmi: { readonly injected: boolean; readonly pending: boolean; readonly masked: boolean };
  readonly latchedInit: boolean;
  /** Not a member of the structure: the length of the instruction that an injected software event belongs to. */
  readonly eventLength: number;
  /** Likewise, for whoever looks on: a trace has the injected event already. */
  readonly isTold: boolean;
  /** Likewise: it has been woken before it sleeps. */
  readonly isWoken: boolean;
  /** Likewise: L2 has been notified of posted interrupts, which are not processed yet. */
  readonly isNotified: boolean;
}

export const KVM_MP_STATE = { runnable: 0, uninitialized: 1, initReceived: 2, halted: 3 } as const;
const SHADOW_MOV_SS = 1;
const SHADOW_STI = 2;
const INITIAL_COUNT = 0x38;
const CURRENT_COUNT = 0x39;
const TSC = 0x10;

/** The calls by which a VMM gets everything of a virtual processor, and sets it. An answer in words is an error of the call. */
export interface KvmVcpu extends KvmRegisters {
  getXsave(): Int32Array;
  setXsave(words: Int32Array): void;
  getXcr0(): bigint;
  setXcr0(value: bigint): void;
  getDebugregs(): DebugRegisters;
  setDebugregs(registers: DebugRegisters): void;
  getVcpuEvents(): KvmVcpuEvents;
  setVcpuEvents(events: KvmVcpuEvents): void;
  getMpState(): number;
  setMpState(state: number): void;
  getLapic(): Int32Array;
  setLapic(registers: Int32Array): void;
  /** `struct kvm_nested_state` with its data; null where the kernel has no such call. */
  getNestedState(): Uint8Array | null;
  setNestedState(bytes: Uint8Array): string | null;
}

/** The calls on a virtual processor of an L0, with what a kernel of the column loses. */
export class WholeVcpu extends VcpuRegisters<WholeVcpuAccess> implements KvmVcpu {
  private readonly policy: UserspacePolicy;

  constructor(vcpu: WholeVcpuAccess, policy: UserspacePolicy) {
    super(vcpu);
    this.policy = policy;
  }

  /** Also those that only the host may read. */
  protected override getMsr(index: number): bigint | undefined {
    return this.vcpu.hostMsr(index);
  }

  protected override setMsr(index: number, value: bigint): void {
    this.vcpu.setHostMsr(index, value);
  }

  getXsave(): Int32Array {
    return this.vcpu.extendedState();
  }

  setXsave(words: Int32Array): void {
    this.vcpu.setExtendedState(words);
  }

  getXcr0(): bigint {
    return this.vcpu.extendedControl();
  }

  setXcr0(value: bigint): void {
    this.vcpu.setExtendedControl(value);
  }

  getDebugregs(): DebugRegisters {
    return this.vcpu.debugRegisters();
  }

  setDebugregs(registers: DebugRegisters): void {
    this.vcpu.setDebugRegisters(registers);
  }

  getVcpuEvents(): KvmVcpuEvents {
    const events = this.vcpu.events();
    const { injected } = events;
    const shadow = (events.isBlockedByMovSs ? SHADOW_MOV_SS : 0) | (events.isBlockedBySti ? SHADOW_STI : 0);
    return {
      exception: WholeVcpu.exceptionOf(events),
      interrupt:
        injected?.kind === "interrupt"
          ? { injected: true, nr: injected.vector, soft: injected.isSoft, shadow }
          : { injected: false, nr: 0, soft: false, shadow },
      nmi: { injected: injected?.kind === "nmi", pending: events.isNmiPending, masked: events.isBlockedByNmi },
      latchedInit: events.isInitPending,
      eventLength: events.length,
      isTold: events.isTold,
      isWoken: events.isWoken,
      isNotified: events.isNotified,
    };
  }

  private static exceptionOf({ pending, injected }: VcpuEvents): KvmVcpuEvents["exception"] {
    if (pending !== null) {
      const { vector, errorCode, payload } = pending;
      return { injected: false, pending: true, nr: vector, errorCode, payload };
    }
    if (injected?.kind !== "exception") return { injected: false, pending: false, nr: 0, errorCode: -1, payload: 0n };
    const { vector, errorCode, payload } = injected.exception;
    return { injected: true, pending: false, nr: vector, errorCode, payload };
  }

  setVcpuEvents(events: KvmVcpuEvents): void {
    const { exception, interrupt, nmi, latchedInit, eventLength, isTold, isWoken, isNotified } = events;
    const { nr, errorCode, payload } = exception;
    const queued = { vector: nr, errorCode, payload };
    this.vcpu.setEvents({
      pending: exception.pending ? queued : null,
      injected: exception.injected
        ? { kind: "exception", exception: queued }
        : interrupt.injected
          ? { kind: "interrupt", vector: interrupt.nr, isSoft: interrupt.soft }
          : nmi.injected
            ? { kind: "nmi" }
            : null,
      // The structure has no room for it.
      length: this.policy.movedEventLength === "kept" ? eventLength : 0,
      isTold,
      isBlockedBySti: (interrupt.shadow & SHADOW_STI) !== 0,
      isBlockedByMovSs: (interrupt.shadow & SHADOW_MOV_SS) !== 0,
      isNmiPending: nmi.pending,
      isBlockedByNmi: nmi.masked,
      isInitPending: latchedInit,
      // Nor for that.
      isWoken: this.policy.movedWake === "kept" && isWoken,
      isNotified: this.policy.movedNotification === "kept" && isNotified,
    });
  }

  getMpState(): number {
    const activity = this.vcpu.activity();
    if (activity === "waits-for-startup") return KVM_MP_STATE.initReceived;
    return activity === "halted" ? KVM_MP_STATE.halted : KVM_MP_STATE.runnable;
  }

  setMpState(state: number): void {
    const waits = state === KVM_MP_STATE.initReceived || state === KVM_MP_STATE.uninitialized;
    this.vcpu.setActivity(waits ? "waits-for-startup" : state === KVM_MP_STATE.halted ? "halted" : "runs");
  }

  getLapic(): Int32Array {
    const page = this.vcpu.localApic();
    if (this.policy.movedApicTimer === "from-the-start" && page[CURRENT_COUNT] !== 0)
      page[CURRENT_COUNT] = page[INITIAL_COUNT]!;
    return page;
  }

  setLapic(registers: Int32Array): void {
    this.vcpu.setLocalApic(registers);
  }

  getNestedState(): Uint8Array | null {
    if (this.policy.movedNestedState === "none") return null;
    const state = this.vcpu.nestedState();
    if ("extension" in state) return svmStateBytes(state);
    return nestedStateBytes(
      { ...state, timer: this.policy.movedPreemptionTimer === "what-is-left" ? state.timer : null },
      this.vcpu.hostMsr(TSC) ?? 0n,
    );
  }

  setNestedState(bytes: Uint8Array): string | null {
    const state = isSvmState(bytes) ? svmStateFrom(bytes) : nestedStateFrom(bytes, this.vcpu.hostMsr(TSC) ?? 0n);
    return typeof state === "string" ? state : this.vcpu.setNestedState(state);
  }
}
