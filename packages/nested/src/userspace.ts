import type { SvmNestedState } from "./svm/svm-nested-state.ts";
import type { NestedState } from "./transfer/nested-state.ts";

/** RAX … R15, RIP and RFLAGS of whatever level runs next. */
export interface GeneralRegisters {
  readonly gpr: readonly bigint[];
  readonly rip: bigint;
  readonly rflags: bigint;
}

/** Control registers as silicon works with them, which is not what the guest reads where another level has its hands on them. */
export interface SystemRegisters {
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly segments: readonly SegmentRegister[];
  readonly pdptes: readonly bigint[];
  readonly gdt: TableRegister;
  readonly idt: TableRegister;
}

/** GDTR or IDTR. */
export interface TableRegister {
  readonly base: bigint;
  readonly limit: number;
}

/** One of ES CS SS DS FS GS LDTR TR. */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  readonly access: number;
}

/** An exception that the hypervisor has for the level that runs. */
export interface QueuedException {
  readonly vector: number;
  /** -1: none. */
  readonly errorCode: number;
  /** What silicon would leave in CR2 or DR6. */
  readonly payload: bigint;
}

/** Events of a virtual processor that are under way. */
export interface VcpuEvents {
  /** Raised, and not yet in the processor: L1 may still want to have it. */
  readonly pending: QueuedException | null;
  /** Whose delivery has begun: nobody may have it any more. */
  readonly injected:
    | { readonly kind: "exception"; readonly exception: QueuedException }
    | { readonly kind: "interrupt"; readonly vector: number; readonly isSoft: boolean }
    | { readonly kind: "nmi" }
    | null;
  /** Length of the instruction that the injected event belongs to. */
  readonly length: number;
  /** A trace has the injected event already. */
  readonly isTold: boolean;
  readonly isBlockedBySti: boolean;
  readonly isBlockedByMovSs: boolean;
  readonly isNmiPending: boolean;
  readonly isBlockedByNmi: boolean;
  /** An INIT waits. */
  readonly isInitPending: boolean;
  /** Another processor has woken it, before it sleeps. */
  readonly isWoken: boolean;
  /** L2 has been notified of posted interrupts, which are not processed yet. */
  readonly isNotified: boolean;
}

/** What a virtual processor does: it executes, waits for an interrupt, or waits for a start-up IPI. */
export type VcpuActivity = "runs" | "halted" | "waits-for-startup";

/** DR0 to DR3, DR6, DR7. */
export interface DebugRegisters {
  readonly addresses: readonly bigint[];
  readonly dr6: bigint;
  readonly dr7: bigint;
}

/** The registers of a virtual processor as an L0 hands them to its userspace half: those of the level that runs, L1 or L2. */
export interface VcpuAccess {
  /** L2 is what runs. */
  readonly guestMode: boolean;
  generalRegisters(): GeneralRegisters;
  setGeneralRegisters(registers: GeneralRegisters): void;
  systemRegisters(): SystemRegisters;
  setSystemRegisters(registers: SystemRegisters): void;
  /** Undefined where RDMSR would be #GP. */
  msr(index: number): bigint | undefined;
  /** False where WRMSR would be #GP. */
  setMsr(index: number, value: bigint): boolean;
}

/** Everything else that makes up a virtual processor: what has to go along where it moves to another host. */
export interface WholeVcpuAccess extends VcpuAccess {
  /** MSRs as the hypervisor sets them: what is read-only or locked for the guest is not for it. Undefined, or false: it has none of that number. */
  hostMsr(index: number): bigint | undefined;
  setHostMsr(index: number, value: bigint): boolean;
  extendedControl(): bigint;
  setExtendedControl(xcr0: bigint): void;
  /** x87 and vector registers and what else XSAVE saves, as the words of its image. */
  extendedState(): Int32Array;
  setExtendedState(words: Int32Array): void;
  debugRegisters(): DebugRegisters;
  setDebugRegisters(registers: DebugRegisters): void;
  events(): VcpuEvents;
  setEvents(events: VcpuEvents): void;
  activity(): VcpuActivity;
  setActivity(activity: VcpuActivity): void;
  /** The registers of the local APIC in the order of its page. */
  localApic(): Int32Array;
  setLocalApic(registers: Int32Array): void;
  nestedState(): NestedState | SvmNestedState;
  /** Why it is refused; null where it is taken. */
  setNestedState(state: NestedState | SvmNestedState): string | null;
}

/** Where the halves of an L0 differ from the architecture when a run goes through userspace. */
export interface UserspacePolicy {
  /** What a write of CR0 and CR4 makes of the read shadows while L2 runs: L1's, which the guest is to read; or the value itself. */
  readonly readShadowsOnWrite: "of-l1" | "as-written";
  /** Registers that userspace writes back although it has not changed them. */
  readonly writesBack: "nothing" | "cr4" | "everything";
  /** VMX operation of L1, where the virtual machine moves: goes along; or is left behind. */
  readonly movedNestedState: "whole" | "none";
  /** What is left of L1's VMX-preemption timer, likewise. */
  readonly movedPreemptionTimer: "what-is-left" | "from-the-start";
  /** The count of the local APIC's timer, likewise. */
  readonly movedApicTimer: "what-is-left" | "from-the-start";
  /** The length of the instruction whose software interrupt is injected, likewise. */
  readonly movedEventLength: "kept" | "lost";
  /** That a processor which has not slept yet has been woken, likewise. */
  readonly movedWake: "kept" | "lost";
  /** A notification of posted interrupts that L2 has not processed yet, likewise. */
  readonly movedNotification: "kept" | "lost";
  /** An exit of which L1's enlightened VMCS has not been told yet, likewise. */
  readonly movedEnlightenedExit: "told" | "lost";
  /** What the clean-fields word of an enlightened VMCS says, likewise. Forgotten: what L1 has changed counts although the word does not admit it. */
  readonly movedCleanFields: "kept" | "forgotten";
}

export const ARCHITECTURAL_USERSPACE: UserspacePolicy = {
  readShadowsOnWrite: "of-l1",
  writesBack: "nothing",
  movedNestedState: "whole",
  movedPreemptionTimer: "what-is-left",
  movedApicTimer: "what-is-left",
  movedEventLength: "kept",
  movedWake: "kept",
  movedNotification: "kept",
  movedEnlightenedExit: "told",
  movedCleanFields: "kept",
};

/** The half of an L0 that is a process: what it does when the other half has come back to it. All its state is in the policy. */
export interface Userspace {
  /** A signal has ended a run of the virtual processor; the next run follows. */
  interrupted(vcpu: VcpuAccess, policy: UserspacePolicy): void;
  /**
   * Takes what a virtual processor is out of one virtual machine and puts it into a new one; null where it cannot do that.
   * @returns why the other end refuses it; null where it is there
   */
  readonly move: ((from: WholeVcpuAccess, to: WholeVcpuAccess, policy: UserspacePolicy) => string | null) | null;
}
