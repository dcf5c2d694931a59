import { vmexitCodeName } from "@hvdiff/spec";
import type { OwedException } from "../l0-state.ts";
import type { ShadowRoot } from "../shadow-ept.ts";

/** What is left of V_INTR while L0 uses it for its own interrupt window. */
export interface SavedVirtualInterrupt {
  control: number;
  intercepts: number;
}

/** Everything an L0 knows about one virtual processor with SVM, beside its VMCBs and the register file. Plain data. */
export interface SvmVcpuState {
  /** Host-physical addresses of the VMCBs that silicon runs. */
  vmcb01: number;
  vmcb02: number;
  /** L1-physical address of the VMCB that L1 entered last. */
  vmcb12: number;
  /** L2 is what runs next. */
  guestMode: boolean;
  /** L1's VMRUN was accepted and L2 has not been entered yet. */
  runPending: boolean;
  /** The accepted VMRUN still has to be merged: the next step of L0. */
  mergePending: boolean;
  /** EFER.SVME as L1 set it; silicon's is always 1. */
  svme: boolean;
  /** L1's global interrupt flag. */
  gif: boolean;
  owed: OwedException | null;
  /** EVENTINJ of the last entry, and the length of the instruction that an event of type 3 or 4 belongs to. */
  injected: number;
  halted: boolean;
  /** Another virtual processor has asked for this one to be woken. */
  woken: boolean;
  /** A signal waits for the thread of the userspace half: before the next entry the run returns to it. */
  signal: boolean;
  /** After an INIT: nothing but a start-up IPI goes on. */
  waitsForStartup: boolean;
  /** L0 waits for L2 or L1 to take interrupts; what its own use of V_IRQ has replaced. */
  window: SavedVirtualInterrupt | null;
  /** IRET is intercepted, for an NMI that waits. */
  nmiWindow: boolean;
  /** Shadows of nested page tables of L1 that this virtual processor has run with. */
  shadows: ShadowRoot[];
  /** ASID that L1 gave its guest at the last entry. */
  lastAsid12: number;
  /** Silicon must forget the translations of L1 or L2 at the next entry. */
  flush01: boolean;
  flush02: boolean;
  /**
   * An INIT has reset the virtual processor without its leaving guest mode: the nested page tables of vmcb12 go on translating, as the
   * registers of the host had them walked.
   */
  keptTables: { cr4: number; efer: number } | null;
}

export function createVcpuState(): SvmVcpuState {
  return {
    vmcb01: 0,
    vmcb02: 0,
    vmcb12: 0,
    guestMode: false,
    runPending: false,
    mergePending: false,
    svme: false,
    gif: true,
    owed: null,
    injected: 0,
    halted: false,
    woken: false,
    signal: false,
    waitsForStartup: false,
    window: null,
    nmiWindow: false,
    shadows: [],
    lastAsid12: -1,
    flush01: false,
    flush02: false,
    keptTables: null,
  };
}

const names = new Map<number, readonly [string, string]>();

/** Name of the counter of #VMEXITs from a level with a code. */
export function exitCounter(level: number, code: number): string {
  let known = names.get(code);
  if (known === undefined) {
    const name = vmexitCodeName(code) ?? code;
    known = [`exits.l1.${name}`, `exits.l2.${name}`];
    names.set(code, known);
  }
  return known[level - 1]!;
}
