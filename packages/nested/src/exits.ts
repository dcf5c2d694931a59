import { EXIT_REASONS, exitReasonName } from "@hvdiff/spec";
import type { MemoryVmcs, VmcsView } from "@hvdiff/vmx";
import { exitCounter } from "./accounting.ts";
import * as C from "./controls.ts";
import { flushForL2, isFlushForL0, TRAP_AFTER_FLUSH } from "./enlightened/l2-flush.ts";
import { handleEptExit } from "./ept-exits.ts";
import { F } from "./fields.ts";
import { type GuestInstruction, INSTRUCTION_EXITS } from "./guest-instructions.ts";
import { generalRegister } from "./instruction-operand.ts";
import { concernsL1 } from "./l1-interest.ts";
import {
  exitToL1,
  externalInterruptToL1,
  failEntryLate,
  monitorTrapToL1,
  nmiToL1,
  retractEntry,
  syntheticExitToL1,
} from "./nested-exit.ts";
import { noteExit, noteInstruction } from "./own-events.ts";
import { accessShadow } from "./shadow-access.ts";
import { emulateVmFunction } from "./vm-function.ts";
import { emulateVmx, isVmxExit } from "./vmx-emulation.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

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
  VMREAD,
  VMWRITE,
  VMFUNC,
} = EXIT_REASONS;

/**
 * What L0 does with a VM exit: its own business, L1's VMX instruction, or something that belongs to L1. Holds no state of its own.
 */
export class ExitHandlers {
  private readonly vcpu: VmxVcpu;

  constructor(vcpu: VmxVcpu) {
    this.vcpu = vcpu;
  }

  /** The VMCS that silicon ran last: vmcs01 or vmcs02. */
  get current(): MemoryVmcs {
    return this.vcpu.current;
  }

  /** vmcs12. There must be one: L2 has run. */
  get vmcs12(): MemoryVmcs {
    return this.vcpu.environment.currentVmcs()!;
  }

  l1TakesInterrupts(): boolean {
    return (this.vmcs12.lo(F.pinBasedControls) & C.PIN_EXTERNAL_INTERRUPT) !== 0;
  }

  /** An interrupt that L1 takes is acknowledged by the exit. */
  l1Acknowledges(): boolean {
    return (this.vmcs12.lo(F.vmExitControls) & C.EXIT_ACK_INTERRUPT) !== 0;
  }

  l1TakesNmis(): boolean {
    return (this.vmcs12.lo(F.pinBasedControls) & C.PIN_NMI) !== 0;
  }

  l1HasVirtualNmis(): boolean {
    return (this.vmcs12.lo(F.pinBasedControls) & C.PIN_VIRTUAL_NMIS) !== 0;
  }

  /** Passes the exception that vmcs02 describes on to L1, if L1 asked for it. */
  reflectException(): boolean {
    if (!this.belongsToL1(EXCEPTION_NMI.number)) return false;
    exitToL1(this.vcpu, EXCEPTION_NMI.number);
    return true;
  }

  reflectMonitorTrap(): void {
    monitorTrapToL1(this.vcpu);
  }

  reflectNmi(): void {
    nmiToL1(this.vcpu);
  }

  /** The interrupt-window or NMI-window bit if L1 asked for it itself. */
  l1WindowRequest(control: number): number {
    return this.vcpu.state.guestMode ? this.vmcs12.lo(F.primaryProcessorBasedControls) & control : 0;
  }

  reflectInterrupt(vector: number): void {
    externalInterruptToL1(this.vcpu, vector);
  }

  /** Handles the exit that the current VMCS describes. */
  handle(): void {
    const { vcpu } = this;
    const v = this.current;
    const reason = v.lo(F.exitReason);
    const basic = reason & 0xffff;
    vcpu.l0.count(exitCounter(vcpu.level, basic));
    noteExit(vcpu, basic);
    if ((reason & ENTRY_FAILURE) !== 0) this.entryRefused(reason);
    else {
      this.noteEntered();
      this.keepInterruptedDelivery(v);
      if (vcpu.state.guestMode && this.belongsToL1(basic)) exitToL1(vcpu, reason);
      else {
        this.own(basic);
        noteInstruction(vcpu, basic);
      }
    }
  }

  /** The first exit after an accepted entry shows that silicon has entered L2: only now is vmcs12 launched. */
  private noteEntered(): void {
    const { state, environment } = this.vcpu;
    if (state.runPending && state.launching) environment.setLaunched(state.currentPointer, true);
    state.runPending = false;
  }

  /** Silicon found fault with the guest state of vmcs02: that is L1's entry failing. With vmcs01 it is a bug of L0. */
  private entryRefused(reason: number): void {
    if (!this.vcpu.state.guestMode) throw new Error(`silicon refused vmcs01: ${this.vcpu.vmx.failedCheck}`);
    retractEntry(this.vcpu, "failed");
    exitToL1(this.vcpu, reason);
  }

  /** Silicon failed the entry with VMfail. */
  entryFailed(error: number): void {
    if (!this.vcpu.state.guestMode) throw new Error(`silicon refused vmcs01: VM-instruction error ${error}`);
    failEntryLate(this.vcpu);
  }

  /** An exit in the middle of event delivery that L0 handles itself must deliver the event again. */
  private keepInterruptedDelivery(v: VmcsView): void {
    const information = v.lo(F.idtVectoringInformation);
    this.vcpu.state.reinject =
      (information & VALID) === 0
        ? null
        : {
            information: information & ~(1 << 12),
            errorCode: v.lo(F.idtVectoringErrorCode),
            length: v.lo(F.vmExitInstructionLength),
            isTold: true,
          };
  }

  private belongsToL1(basic: number): boolean {
    if (basic === VMCALL.number && isFlushForL0(this.vcpu)) return false;
    const v = this.current;
    return concernsL1(basic, {
      v12: this.vmcs12,
      v02: v,
      guest: this.vcpu.guestCpu,
      register: (number) => generalRegister(this.vcpu.silicon, v, number),
    });
  }

  /** Exits that are L0's to handle, for L1 itself or on L1's behalf for L2. */
  private own(basic: number): void {
    const { vcpu } = this;
    if (basic === EXTERNAL_INTERRUPT.number) return;
    if (basic === INTERRUPT_WINDOW.number) this.closeWindow(C.PROC_INTERRUPT_WINDOW);
    else if (basic === NMI_WINDOW.number) this.closeWindow(C.PROC_NMI_WINDOW);
    else if (basic === EPT_VIOLATION.number || basic === EPT_MISCONFIG.number)
      this.vcpu.outcome = handleEptExit(vcpu, basic);
    else if (basic === TRIPLE_FAULT.number) this.vcpu.outcome = { kind: "triple-fault", where: vcpu.where() };
    else if (vcpu.state.guestMode && isVmxExit(basic)) this.vmxOfL2(basic);
    else if (isVmxExit(basic)) emulateVmx(vcpu, basic);
    else this.instruction(basic);
  }

  /** What L1 leaves to L0: flushes by hypercall, a shadow VMCS, VM functions. */
  private vmxOfL2(basic: number): void {
    const { vcpu } = this;
    if (basic === VMREAD.number || basic === VMWRITE.number) accessShadow(vcpu, basic);
    else if (basic === VMFUNC.number) emulateVmFunction(vcpu);
    else if (flushForL2(vcpu)) syntheticExitToL1(vcpu, TRAP_AFTER_FLUSH);
  }

  private closeWindow(control: number): void {
    const v = this.current;
    v.set(F.primaryProcessorBasedControls, v.lo(F.primaryProcessorBasedControls) & ~control, 0);
  }

  private instruction(basic: number): void {
    const handler: GuestInstruction | undefined = INSTRUCTION_EXITS.get(basic);
    if (handler !== undefined && basic !== EXCEPTION_NMI.number) handler(this.vcpu);
    else
      this.vcpu.outcome = {
        kind: "unimplemented",
        what: `L0's handling of exit ${exitReasonName(basic) ?? basic}`,
        where: this.vcpu.where(),
      };
  }
}
