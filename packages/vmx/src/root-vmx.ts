import type { VmxCapabilities } from "./capabilities.ts";
import type { InveptOperands } from "./instructions/invept.ts";
import type { InvvpidOperands } from "./instructions/invvpid.ts";
import type { MemoryVmcs } from "./memory-vmcs.ts";
import type { VmxOutcome } from "./outcome.ts";
import type { ShadowListener } from "./shadow-listener.ts";

/** VMX as software in root mode has it: the instructions of the processor that it runs on. Addresses are physical on its own level. */
export interface RootVmx {
  readonly capabilities: VmxCapabilities;
  /** What a VMCS begins with. */
  readonly vmcsRevision: number;
  vmxon(address: number): VmxOutcome;
  vmclear(address: number): VmxOutcome;
  vmptrld(address: number): VmxOutcome;
  /** Fields of the VMCS at an address; null where no memory is. */
  vmcsAt(address: number): MemoryVmcs | null;
  invept(operands: InveptOperands): VmxOutcome;
  invvpid(operands: InvvpidOperands): VmxOutcome;
  /** Id of the check at which the last VM entry failed; null if it did not, or where nobody can know. */
  readonly failedCheck: string | null;
  /** Who is told of VMREADs and VMWRITEs of guests that do not exit. */
  shadowListener: ShadowListener | null;
  /** Trace level of guests entered from now on. */
  guestTraceLevel: number;
}
