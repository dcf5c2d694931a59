import { type Bus, FAULT_NONE, type Processor, type TraceSink } from "@hvdiff/cpu";
import type { VmxEnvironment } from "@hvdiff/vmx";
import type { GuestOutput } from "./guest-output.ts";
import type { Machine } from "./machine.ts";
import type { Outcome, Where } from "./outcome.ts";
import type { ScheduledEvent } from "./schedule/schedule.ts";

/** Vector of the host's own timer, which brings a root-mode client back at its deadline. */
export const HOST_TIMER_VECTOR = 0xef;

/** The bus under a root-mode client: no device but the host's timer, whose line the acknowledgement takes back. */
export function hostBus(acknowledged: () => void): Bus {
  return {
    readPort: () => 0xffffffff,
    writePort: () => {},
    acknowledgeInterrupt: () => {
      acknowledged();
      return HOST_TIMER_VECTOR;
    },
  };
}

/** What the machine tells a root-mode client that is written in TypeScript. */
export type RootEvent =
  /** First step of this virtual CPU. */
  | { readonly kind: "start" }
  /** The processor came back to root mode by a VM exit; the current VMCS has the information. */
  | { readonly kind: "exit" }
  /** The entry the client asked for failed before leaving root mode. */
  | { readonly kind: "entry-failed"; readonly error: number }
  /** The step it asked for is due. */
  | { readonly kind: "step" }
  /** The time it blocked for has come. */
  | { readonly kind: "wake" };

/** What the client wants next. Each return to the machine is a choice point. */
export type RootAction =
  | { readonly kind: "enter"; readonly resume: boolean }
  /** VMRUN of the VMCB at a physical address, on silicon with SVM; the guest is at this trace level. */
  | { readonly kind: "run"; readonly vmcb: number; readonly level: number }
  /** Another named step of its own, so that others can come in between. */
  | { readonly kind: "step"; readonly name: string }
  /** Nothing to run until its deadline. */
  | { readonly kind: "block" }
  | { readonly kind: "stop"; readonly outcome: Outcome };

/** Plain data that a client goes by. What is kept never changes. */
export interface ClientState {
  readonly value: object;
  readonly isKept: boolean;
}

/**
 * Software in VMX root mode that is written in TypeScript: an L0, or an L1 of a stack. The machine drives it step by step; between
 * steps everything it knows lies in flat data that `copyFrom` can copy.
 */
export interface RootClient {
  advance(machine: Machine, vcpu: number, event: RootEvent): RootAction;
  /** Code of a virtual processor has come to a gate: a client that stands on this one goes on. Absent where there is none. */
  passGate?(vcpu: number, at: number): void;
  /** Something comes from outside for a virtual processor, by schedule; false where that is not modelled. */
  take(vcpu: number, event: ScheduledEvent): boolean;
  /** Tick at which it wants a host timer interrupt; infinity for none. */
  deadline(vcpu: number): number;
  /** Where its guest is, while the processor is in root mode. */
  where(): Where;
  /** Where a physical address of the level that runs lies in memory, for onlookers: nothing is touched. -1 where it leads nowhere. */
  peekPhysical(vcpu: number, address: number): number;
  /** VMX as L1 has it; null where it has SVM. */
  guestVmx(vcpu: number): VmxEnvironment | null;
  /** Serial output and exit code of the guest's PC. */
  readonly guest: GuestOutput;
  /** What it knows beside memory and registers, but for what it counted, as text: the same text, the same future. */
  stateText(): string;
  /** Accesses of its guest to devices and clocks that it has done. */
  readonly outsideReads: number;
  /** Tells a trace the last exit that it passed on to a guest. */
  reportExit(vcpu: number, trace: TraceSink): void;
  /** What it counted: exits by level and reason, entries … */
  readonly counters: Readonly<Record<string, number>>;
  /** What it knows and goes by, to be looked at: nothing that is only counted. */
  states(): readonly ClientState[];
  /** What it knows, as plain data for `restore`. */
  save(): unknown;
  restore(saved: unknown): void;
  /** Takes over the state of another client of the same build, in a cloned machine. */
  copyFrom(other: RootClient): void;
}

/** At a gate the client behind it goes on. False where the processor has stopped for something else. */
export function passGate(client: RootClient | null, processor: Processor): boolean {
  const { stop } = processor;
  if (stop?.kind !== "gate" || client?.passGate === undefined) return false;
  processor.stop = null;
  processor.fault = FAULT_NONE;
  client.passGate(processor.index, stop.at);
  return true;
}
