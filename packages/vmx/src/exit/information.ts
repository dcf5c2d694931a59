/** How RFLAGS.RF is saved: as it is, cleared (instructions that exit), or set (faults). */
export const RF_KEEP = 0;
export const RF_CLEAR = 1;
export const RF_SET = 2;

/** What a VM exit reports, collected before it is made. One object per processor, used for every exit. */
export class ExitInformation {
  reason = 0;
  qualificationLow = 0;
  qualificationHigh = 0;
  instructionLength = 0;
  instructionInformation = 0;
  /** VM-exit interruption information; valid when negative. */
  interruption = 0;
  interruptionErrorCode = 0;
  hasGuestLinear = false;
  guestLinearLow = 0;
  guestLinearHigh = 0;
  hasGuestPhysical = false;
  guestPhysicalLow = 0;
  guestPhysicalHigh = 0;
  resumeFlag = RF_KEEP;
  /** Whether an event under delivery goes into IDT-vectoring information. */
  reportsVectoring = true;

  /** Starts an exit: nothing but a basic reason. */
  begin(reason: number): this {
    this.reason = reason;
    this.qualificationLow = 0;
    this.qualificationHigh = 0;
    this.instructionLength = 0;
    this.instructionInformation = 0;
    this.interruption = 0;
    this.interruptionErrorCode = 0;
    this.hasGuestLinear = false;
    this.hasGuestPhysical = false;
    this.resumeFlag = RF_KEEP;
    this.reportsVectoring = true;
    return this;
  }

  qualify(low: number, high: number): this {
    this.qualificationLow = low;
    this.qualificationHigh = high;
    return this;
  }
}
