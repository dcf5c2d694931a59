import type { ApicMessage } from "@hvdiff/machine";
import { createEnlightenedState, type EnlightenedState } from "./enlightened/enlightened-state.ts";
import type { OwedException } from "./l0-state.ts";
import type { ShadowRoot } from "./shadow-ept.ts";
import { createShadowVmcsState, type ShadowVmcsState } from "./shadow-vmcs.ts";
import { createShadowVmcs02State, type ShadowVmcs02State } from "./shadow-vmcs02.ts";

/**
 * Everything an L0 knows about one virtual processor with VMX beside its VMCSs and the register file, which lie in memory. Plain data: cloned,
 * hashed and compared as it is.
 */
export interface VmxVcpuState {
  /** Host-physical addresses of the two VMCSs that silicon runs, and whether each has been launched. */
  vmcs01: number;
  vmcs02: number;
  launched01: boolean;
  launched02: boolean;
  /** L1's VMX operation, as L1's own instructions made it. */
  vmxOn: boolean;
  vmxonPointer: number;
  currentPointer: number;
  /** Host-physical address of the copy of the current vmcs12; 0 where L0 has not needed one. */
  vmcs12Copy: number;
  /** L1-physical address of the shadow VMCS of which L0 keeps a copy while L2 runs, -1 for none; and where the copy is. */
  shadowPointer: number;
  shadowCopy: number;
  /** L2 is what runs next (vmcs02 is current). */
  guestMode: boolean;
  /** L1's VMLAUNCH or VMRESUME was accepted and L2 has not been entered yet. */
  runPending: boolean;
  /** The entry that was accepted is a VMLAUNCH: vmcs12 becomes launched when silicon has entered L2. */
  launching: boolean;
  /** The accepted entry still has to be merged: the next step of L0. */
  mergePending: boolean;
  owed: OwedException | null;
  /** An event whose delivery an exit interrupted and that must be delivered again: interruption information, error code, length. */
  reinject: {
    readonly information: number;
    readonly errorCode: number;
    readonly length: number;
    /** Silicon has told that it delivers it. */
    readonly isTold: boolean;
  } | null;
  halted: boolean;
  /** Another virtual processor has asked for this one to be woken. */
  woken: boolean;
  /** Something has come since events were evaluated last: they are evaluated before the next entry. */
  eventsRequested: boolean;
  /** Events have been evaluated for the entry that is the next step. */
  eventsEvaluated: boolean;
  /** The last evaluation ended with an event that was delivered again, and has looked at nothing else. */
  reinjectedOnly: boolean;
  /** L2 has been notified of posted interrupts, which are not processed yet. Only where that is no interrupt of L1's. */
  notified: boolean;
  /** Messages to other processors that have been looked for and are to be told next. */
  lateNotifications: { readonly to: number; readonly message: ApicMessage }[];
  /** L1's I/O APIC has other entries than when they were noted last. */
  routesChanged: boolean;
  /** Vectors of level-triggered interrupts whose end the I/O APIC hears of, where not all are. */
  notedEnds: readonly number[];
  /** A signal waits for the thread of the userspace half: before the next entry the run returns to it. */
  signal: boolean;
  /** After an INIT: nothing but a start-up IPI goes on. */
  waitsForStartup: boolean;
  /** L0 has done an instruction of L2 with "monitor trap flag" set in vmcs12: the exit to L1 comes before the next one. */
  monitorTrapOwed: boolean;
  /** VMX-abort indicator of L1's failed VM exit; 0 for none. */
  abort: number;
  /** Host-physical address of the MSR bitmap that vmcs02 uses, if any. */
  msrBitmap02: number;
  /** Pointer of the VMCS that it was made for; -1 for none. */
  msrBitmapOf: number;
  shadows: ShadowRoot[];
  /** MSRs of a clock in the guest's memory, by address. */
  clockMsrs: Record<number, bigint>;
  /** Silicon must forget the translations of L1 or L2 before the next entry. */
  flush01: boolean;
  flush02: boolean;
  /** VPID that L1 gave its guest at the last entry. */
  lastVpid12: number;
  enlightened: EnlightenedState;
  shadow02: ShadowVmcs02State;
  /** The shadow VMCS that silicon uses for VMREADs and VMWRITEs of L1. */
  shadow: ShadowVmcsState;
}

export function createVmxVcpuState(): VmxVcpuState {
  return {
    vmcs01: 0,
    vmcs02: 0,
    launched01: false,
    launched02: false,
    vmxOn: false,
    vmxonPointer: -1,
    currentPointer: -1,
    vmcs12Copy: 0,
    shadowPointer: -1,
    shadowCopy: 0,
    guestMode: false,
    runPending: false,
    launching: false,
    mergePending: false,
    owed: null,
    reinject: null,
    halted: false,
    woken: false,
    eventsRequested: false,
    eventsEvaluated: false,
    reinjectedOnly: false,
    notified: false,
    lateNotifications: [],
    routesChanged: false,
    notedEnds: [],
    signal: false,
    waitsForStartup: false,
    monitorTrapOwed: false,
    abort: 0,
    msrBitmap02: 0,
    msrBitmapOf: -1,
    shadows: [],
    clockMsrs: {},
    flush01: false,
    flush02: false,
    lastVpid12: -1,
    enlightened: createEnlightenedState(),
    shadow02: createShadowVmcs02State(),
    shadow: createShadowVmcsState(),
  };
}
