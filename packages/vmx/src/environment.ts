import type { VmxCapabilities } from "./capabilities.ts";
import type { VmxValue } from "./outcome.ts";
import type { VmxPolicy } from "./policy.ts";
import type { VmcsView } from "./vmcs-view.ts";

/** Registers of the context that executes a VMX instruction, as permission checks see them. */
export interface ExecutingContext {
  readonly cr0: number;
  readonly cr4: number;
  readonly cpl: number;
  readonly efer: number;
  /** RFLAGS.VM. */
  readonly isVirtual8086: boolean;
  /** CS.L. */
  readonly isCodeSegment64Bit: boolean;
  readonly isBlockedByMovSs: boolean;
  readonly isBlockedBySti: boolean;
  /** IA32_FEATURE_CONTROL, low half. */
  readonly featureControl: number;
}

/**
 * What the VMX instructions act on. The processor has one for machine code and clients in root mode; a hypervisor that emulates VMX
 * for its guest has one per virtual processor.
 */
export interface VmxEnvironment {
  readonly capabilities: VmxCapabilities;
  readonly policy: VmxPolicy;
  readonly context: ExecutingContext;
  /** Filled and returned by VMREAD and VMPTRST. */
  readonly value: VmxValue;
  inVmxOperation: boolean;
  /** Physical address of the VMXON region. */
  vmxonPointer: number;
  /** Physical address of the current VMCS; -1 for none. */
  currentPointer: number;
  /** First 32 bits of a region: revision identifier and shadow-VMCS indicator. All ones where nothing is. */
  readRevision(address: number): number;
  /** Fields of the current VMCS; null without one. */
  currentVmcs(): VmcsView | null;
  /** Fields of the VMCS region at an address; null where no memory is. May return one shared object. */
  vmcsAt(address: number): VmcsView | null;
  isLaunched(address: number): boolean;
  setLaunched(address: number, launched: boolean): void;
  /** Data of the VMCS at this address must be in memory from now on (VMCLEAR, or another becomes current). */
  writeBack(address: number): void;
  /** Invalidates mappings of one EPTP (halves), or of all with `all`. */
  invalidateEpt(all: boolean, eptpLow: number, eptpHigh: number): void;
  /** Does what INVVPID of a type asks; the operand has been checked. */
  invalidateVpid(type: number, vpid: number, linearLow: number, linearHigh: number): void;
}
