import type { Processor, TraceSink } from "@hvdiff/cpu";
import type { ApicMessage, Outcome, Where } from "@hvdiff/machine";
import type { GuestInterrupts } from "./guest-interrupts.ts";
import type { GuestRegisterFile } from "./guest-register-file.ts";

/** What an L0 has for each virtual processor, whatever extension the silicon has. */
export interface VirtualProcessor {
  readonly index: number;
  readonly silicon: Processor;
  readonly guestCpu: GuestRegisterFile;
  /** Plain data. */
  state: object;
  readonly interrupts: GuestInterrupts;
  /** Trace of what the guest could notice, at its level; null where nobody asked for one. */
  readonly sink: TraceSink | null;
  /** Trace of what L0 does by itself; null where nobody asked for that. */
  readonly ownSink: TraceSink | null;
  /** How the run has ended, as far as this virtual processor knows; null while it goes on. */
  outcome: Outcome | null;
  /** Whether no time that passes could make it go on. */
  readonly isDeaf: boolean;
  where(): Where;
  /** Silicon shall forget the translations of L2, or of L1. */
  forgetTranslations(ofL2: boolean): void;
  /** Forgets where the memory of L2 lies: found out again as L2 accesses it. */
  dropShadows(): void;
  /** What waits for its own boundary on silicon, and not for L0: a start-up IPI for a guest in that activity state. */
  forwards(message: ApicMessage): boolean;
  peekPhysical(address: number): number;
  /** Looks up again what lies where, after the state and the memory have changed behind its back. */
  attach(): void;
  /** It has come from another host and is about to run: looks for what could not be found before. Why it cannot run; null where it can. */
  arrive(): string | null;
  /** Tells a trace the last exit that L1 was given. */
  reportExit(trace: TraceSink): void;
  /** A message has come to its local APIC (null: its interrupt line was asserted). */
  noteArrival(message: ApicMessage | null): void;
  /** Another has asked it to go on: HLT ends, or the next one does. */
  wake(): void;
  /** A signal has come for the thread that runs it; false where no half of the L0 is a process. */
  noteSignal(): boolean;
}
