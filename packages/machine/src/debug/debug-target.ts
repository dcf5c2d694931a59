import { type Processor, STATE } from "@hvdiff/cpu";
import type { VmxEnvironment } from "@hvdiff/vmx";
import type { Machine } from "../machine.ts";
import type { Outcome } from "../outcome.ts";
import { Breakpoints, type HoldReason } from "./breakpoints.ts";
import { readLinear, writeLinear } from "./memory.ts";
import { DEBUG_REGISTERS, type DebugRegister } from "./register-table.ts";

/** Why the guest stands still. */
export type DebugStop =
  | HoldReason
  | { readonly kind: "interrupt"; readonly vcpu: number }
  | { readonly kind: "ended"; readonly vcpu: number; readonly outcome: Outcome };

const MODES = ["not in VMX operation", "VMX root", "VMX non-root"] as const;
const SVM_MODES = ["host", "host", "SVM guest mode"] as const;

/** Where a virtual processor is. */
export interface DebugLevel {
  /** 1 for L1, 2 for L2 … */
  readonly level: number;
  /** As the guest sees it: an L0 underneath does not count. */
  readonly mode: (typeof MODES)[number] | (typeof SVM_MODES)[number];
  /** VMX as the guest that owns it has it: the current VMCS of this processor. Null where the silicon has SVM. */
  readonly vmx: VmxEnvironment | null;
}

/**
 * A machine as a debugger handles it. Whatever is looked at, and wherever the guest is stopped, it goes on exactly as it would have; only writing
 * to it changes it.
 */
export class DebugTarget {
  readonly breakpoints: Breakpoints;
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
    this.breakpoints = new Breakpoints(machine.processors, machine.client !== null);
  }

  /** Every register that a processor has for a debugger. */
  get registers(): readonly DebugRegister[] {
    return DEBUG_REGISTERS;
  }

  get processors(): readonly Processor[] {
    return this.machine.processors;
  }

  /** Serial output so far. */
  get serial(): string {
    return this.machine.guest.serial;
  }

  /** How the run ended; null while it goes on. */
  get outcome(): Outcome | null {
    return this.machine.outcome;
  }

  /** From now on the guest can be stopped. */
  attach(): void {
    this.machine.guard = this.breakpoints;
  }

  /** Leaves the guest alone. */
  detach(): void {
    this.breakpoints.clear();
    this.breakpoints.release(null);
    this.machine.guard = null;
  }

  /** Before `run`, after a stop. @param stepping the processor that is to execute one instruction; null to go on */
  resume(stepping: number | null): void {
    this.breakpoints.release(stepping);
  }

  /** Runs for so many choice points. Returns why the guest has stopped; null if it has not. */
  run(choicePoints: number): DebugStop | null {
    const { machine } = this;
    if (machine.runChoicePoints(choicePoints))
      return { kind: "ended", vcpu: machine.where().vcpu, outcome: machine.outcome! };
    return machine.held ? this.breakpoints.reason : null;
  }

  /** Stops the guest where it is, or where it next executes machine code of its own. */
  interrupt(): DebugStop {
    while (this.isInClient()) {
      const stop = this.run(1);
      if (stop !== null) return stop;
    }
    return { kind: "interrupt", vcpu: this.machine.where().vcpu };
  }

  /** A client in TypeScript has the processor: its registers are not the guest's. */
  private isInClient(): boolean {
    const { client, processors } = this.machine;
    return client !== null && processors[0]!.s[STATE.VIRTUALIZATION_MODE] !== 2;
  }

  /** Whether registers and memory are those of the guest, so that there is something to see. */
  get isVisible(): boolean {
    return !this.isInClient();
  }

  read(vcpu: number, address: bigint, length: number): Uint8Array {
    return readLinear(this.machine, vcpu, address, length);
  }

  write(vcpu: number, address: bigint, data: Uint8Array): boolean {
    return writeLinear(this.machine, vcpu, address, data);
  }

  levelOf(vcpu: number): DebugLevel {
    const { client } = this.machine;
    const s = this.machine.processors[vcpu]!.s;
    const level = s[STATE.TRACE_LEVEL]!;
    const mode = s[STATE.VIRTUALIZATION_MODE]!;
    if (client === null) {
      const silicon = this.machine.vmx[vcpu];
      return { level, mode: (silicon ? MODES : SVM_MODES)[mode]!, vmx: silicon?.environment ?? null };
    }
    const vmx = client.guestVmx(vcpu);
    if (vmx === null) return { level, mode: SVM_MODES[level > 1 ? 2 : 0]!, vmx };
    return { level, mode: level > 1 ? MODES[2] : vmx.inVmxOperation ? MODES[1] : MODES[0], vmx };
  }
}
