import type { Outcome } from "@hvdiff/machine";
import { EXIT_REASONS, exitReasonName } from "@hvdiff/spec";
import type { MemoryVmcs, VmcsView } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { handleEptExit } from "./ept-exits.ts";
import { F } from "./fields.ts";
import { type GuestInstruction, INSTRUCTION_EXITS } from "./guest-instructions.ts";
import { generalRegister } from "./instruction-operand.ts";
import type { L0 } from "./l0.ts";
import { count, exitCounter } from "./l0-state.ts";
import { concernsL1 } from "./l1-interest.ts";
import {
  exitToL1,
  externalInterruptToL1,
  failEntryLate,
  monitorTrapToL1,
  nmiToL1,
  retractEntry,
} from "./nested-exit.ts";
import { emulateVmx, isVmxExit } from "./vmx-emulation.ts";

const VALID = 1 << 31;
const ENTRY_FAILURE = 1 << 31;

const {
  EXCEPTION_NMI,
  EXTERNAL_INTERRUPT,
  TRIPLE_FAULT,
  INTERRUPT_WINDOW,
  NMI_WINDOW,
  EPT_VIOLATION,
  EPT_MISCONFIG,
  VMCALL,
} = EXIT_REASONS;

/**
 * What L0 does with a VM exit: its own business, L1's VMX instruction, or something that belongs to L1. Holds no state of its own but the
 * outcome that ends the run.
 */
export class ExitHandlers {
  outcome: Outcome | null = null;
  private readonly l0: L0;

  constructor(l0: L0) {
    this.l0 = l0;
  }

  /** The VMCS that silicon ran last: vmcs01 or vmcs02. */
  get current(): MemoryVmcs {
    return this.l0.current;
  }

  /** vmcs12. There must be one: L2 has run. */
  get vmcs12(): MemoryVmcs {
    return this.l0.environment.currentVmcs()!;
  }

  l1TakesInterrupts(): boolean {
    return (this.vmcs12.lo(F.pinBasedControls) & C.PIN_EXTERNAL_INTERRUPT) !== 0;
  }

  l1TakesNmis(): boolean {
    return (this.vmcs12.lo(F.pinBasedControls) & C.PIN_NMI) !== 0;
  }

  /** Passes the exception that vmcs02 describes on to L1, if L1 asked for it. */
  reflectException(): boolean {
    if (!this.belongsToL1(EXCEPTION_NMI.number)) return false;
    exitToL1(this.l0, EXCEPTION_NMI.number);
    return true;
  }

  reflectMonitorTrap(): void {
    monitorTrapToL1(this.l0);
  }

  reflectNmi(): void {
    nmiToL1(this.l0);
  }

  /** The interrupt-window bit if L1 asked for it itself. */
  l1WindowRequest(): number {
    return this.l0.state.guestMode ? this.vmcs12.lo(F.primaryProcessorBasedControls) & C.PROC_INTERRUPT_WINDOW : 0;
  }

  reflectInterrupt(): void {
    externalInterruptToL1(this.l0);
  }

  /** Handles the exit that the current VMCS describes. */
  handle(): void {
    const { l0 } = this;
    const v = this.current;
    const reason = v.lo(F.exitReason);
    const basic = reason & 0xffff;
    count(l0.state, exitCounter(l0.level, basic));
    if ((reason & ENTRY_FAILURE) !== 0) this.entryRefused(reason);
    else {
      this.noteEntered();
      this.keepInterruptedDelivery(v);
      if (l0.state.guestMode && this.belongsToL1(basic)) exitToL1(l0, reason);
      else this.own(basic);
    }
  }

  /** The first exit after an accepted entry shows that silicon has entered L2: only now is vmcs12 launched. */
  private noteEntered(): void {
    const { state, environment } = this.l0;
    if (state.runPending && state.launching) environment.setLaunched(state.currentPointer, true);
    state.runPending = false;
  }

  /** Silicon found fault with the guest state of vmcs02: that is L1's entry failing. With vmcs01 it is a bug of L0. */
  private entryRefused(reason: number): void {
    if (!this.l0.state.guestMode)
      throw new Error(
        `silicon refused vmcs01: exit ${reason & 0xffff} qualification ${this.current.read("exitQualification")}`,
      );
    retractEntry(this.l0, "failed");
    exitToL1(this.l0, reason);
  }

  /** Silicon failed the entry with VMfail. */
  entryFailed(error: number): void {
    if (!this.l0.state.guestMode) throw new Error(`silicon refused vmcs01: VM-instruction error ${error}`);
    failEntryLate(this.l0);
  }

  /** An exit in the middle of event delivery that L0 handles itself must deliver the event again. */
  private keepInterruptedDelivery(v: VmcsView): void {
    const information = v.lo(F.idtVectoringInformation);
    this.l0.state.reinject =
      (information & VALID) === 0
        ? null
        : {
            information: information & ~(1 << 12),
            errorCode: v.lo(F.idtVectoringErrorCode),
            length: v.lo(F.vmExitInstructionLength),
          };
  }

  private belongsToL1(basic: number): boolean {
    const v = this.current;
    return concernsL1(basic, {
      v12: this.vmcs12,
      v02: v,
      guest: this.l0.guestCpu,
      register: (number) => generalRegister(this.l0.silicon, v, number),
    });
  }

  /** Exits that are L0's to handle, for L1 itself or on L1's behalf for L2. */
  private own(basic: number): void {
    const { l0 } = this;
    if (basic === EXTERNAL_INTERRUPT.number) return;
    if (basic === INTERRUPT_WINDOW.number) this.closeWindow(C.PROC_INTERRUPT_WINDOW);
    else if (basic === NMI_WINDOW.number) this.closeWindow(C.PROC_NMI_WINDOW);
    else if (basic === EPT_VIOLATION.number || basic === EPT_MISCONFIG.number) this.outcome = handleEptExit(l0, basic);
    else if (basic === TRIPLE_FAULT.number) this.outcome = { kind: "triple-fault", where: l0.machine.where() };
    else if (basic === VMCALL.number || isVmxExit(basic)) emulateVmx(l0, basic);
    else this.instruction(basic);
  }

  private closeWindow(control: number): void {
    const v = this.current;
    v.set(F.primaryProcessorBasedControls, v.lo(F.primaryProcessorBasedControls) & ~control, 0);
  }

  private instruction(basic: number): void {
    const handler: GuestInstruction | undefined = INSTRUCTION_EXITS.get(basic);
    if (handler !== undefined && basic !== EXCEPTION_NMI.number) handler(this.l0);
    else
      this.outcome = {
        kind: "unimplemented",
        what: `L0's handling of exit ${exitReasonName(basic) ?? basic}`,
        where: this.l0.machine.where(),
      };
  }
}
