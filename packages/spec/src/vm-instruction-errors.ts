/** One VM-instruction error number. */
export type VmInstructionErrorDef = { readonly number: number; readonly title: string; readonly sdm: string };

const ERRORS = '3C "VM Instruction Error Numbers"';

/** VM-instruction errors in wording of our own; numbers that are missing are reserved. */
export const VM_INSTRUCTION_ERRORS = {
  vmcallInRoot: { number: 1, title: "VMCALL in root operation", sdm: ERRORS },
  vmclearInvalidAddress: { number: 2, title: "VMCLEAR of an unusable address", sdm: ERRORS },
  vmclearVmxonPointer: { number: 3, title: "VMCLEAR of the VMXON region", sdm: ERRORS },
  vmlaunchNonClear: { number: 4, title: "VMLAUNCH of a VMCS that is not clear", sdm: ERRORS },
  vmresumeNonLaunched: { number: 5, title: "VMRESUME of a VMCS that was not launched", sdm: ERRORS },
  vmresumeAfterVmxoff: { number: 6, title: "VMRESUME of a VMCS launched before VMXOFF and VMXON", sdm: ERRORS },
  entryInvalidControls: { number: 7, title: "VM entry with invalid control fields", sdm: ERRORS },
  entryInvalidHostState: { number: 8, title: "VM entry with invalid host-state fields", sdm: ERRORS },
  vmptrldInvalidAddress: { number: 9, title: "VMPTRLD of an unusable address", sdm: ERRORS },
  vmptrldVmxonPointer: { number: 10, title: "VMPTRLD of the VMXON region", sdm: ERRORS },
  vmptrldWrongRevision: { number: 11, title: "VMPTRLD of a region with another revision identifier", sdm: ERRORS },
  unsupportedComponent: { number: 12, title: "VMREAD or VMWRITE of a field that does not exist", sdm: ERRORS },
  vmwriteReadOnly: { number: 13, title: "VMWRITE to a read-only field", sdm: ERRORS },
  vmxonInRoot: { number: 15, title: "VMXON in root operation", sdm: ERRORS },
  entryInvalidExecutivePointer: { number: 16, title: "VM entry with an unusable executive-VMCS pointer", sdm: ERRORS },
  entryExecutiveNonLaunched: { number: 17, title: "VM entry whose executive VMCS was not launched", sdm: ERRORS },
  entryExecutiveNotVmxon: {
    number: 18,
    title: "VM entry that ends dual-monitor treatment with an executive-VMCS pointer other than the VMXON pointer",
    sdm: ERRORS,
  },
  vmcallNonClear: { number: 19, title: "VMCALL to the SMM monitor with a VMCS that is not clear", sdm: ERRORS },
  vmcallInvalidExitControls: {
    number: 20,
    title: "VMCALL to the SMM monitor with invalid VM-exit controls",
    sdm: ERRORS,
  },
  vmcallWrongMsegRevision: { number: 22, title: "VMCALL with another MSEG revision identifier", sdm: ERRORS },
  vmxoffUnderDualMonitor: { number: 23, title: "VMXOFF under dual-monitor treatment", sdm: ERRORS },
  vmcallInvalidMonitorFeatures: { number: 24, title: "VMCALL with invalid SMM-monitor features", sdm: ERRORS },
  entryExecutiveInvalidControls: {
    number: 25,
    title: "VM entry returning from SMM with invalid execution controls in the executive VMCS",
    sdm: ERRORS,
  },
  entryBlockedByMovSs: { number: 26, title: "VM entry while MOV SS blocks events", sdm: ERRORS },
  invalidInvalidationOperand: { number: 28, title: "INVEPT or INVVPID with an invalid operand", sdm: ERRORS },
} as const satisfies Record<string, VmInstructionErrorDef>;

/** Name of a VM-instruction error; a misspelt one is a compile error. */
export type VmInstructionErrorName = keyof typeof VM_INSTRUCTION_ERRORS;

const BY_NUMBER = new Map<number, VmInstructionErrorName>(
  (Object.keys(VM_INSTRUCTION_ERRORS) as VmInstructionErrorName[]).map((name) => [
    VM_INSTRUCTION_ERRORS[name].number,
    name,
  ]),
);

/** Number of a VM-instruction error. */
export function vmInstructionErrorNumber(name: VmInstructionErrorName): number {
  return VM_INSTRUCTION_ERRORS[name].number;
}

/** Name of a VM-instruction error number; undefined for reserved numbers and 0. */
export function vmInstructionErrorName(number: number): VmInstructionErrorName | undefined {
  return BY_NUMBER.get(number);
}

/** What a VM-instruction error number means; undefined for reserved numbers and 0. */
export function vmInstructionErrorTitle(number: number): string | undefined {
  const name = BY_NUMBER.get(number);
  return name === undefined ? undefined : VM_INSTRUCTION_ERRORS[name].title;
}
