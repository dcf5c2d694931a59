import { type PhysicalMemory, type Processor, supportedCr4, supportedEfer, type TraceSink } from "@hvdiff/cpu";
import { capabilitiesOf, type SvmCapabilities } from "./capabilities.ts";
import { VMRUN_CHECKS, type VmrunCheck } from "./entry/vmrun-checks.ts";
import { ExitInformation } from "./exit-information.ts";
import { NestedSecondStage } from "./npt/second-stage.ts";
import * as W from "./state.ts";
import { Vmcb } from "./vmcb.ts";

/** The parts of one processor's SVM that instructions, entry, exit and intercepts share. State is in the processor's words. */
export class SvmCore {
  readonly c: Processor;
  readonly s: Int32Array;
  readonly capabilities: SvmCapabilities;
  /** Bits of CR4 and EFER that the processor has. */
  readonly supportedCr4: number;
  readonly supportedEfer: number;
  checks: readonly VmrunCheck[] = VMRUN_CHECKS;
  readonly information = new ExitInformation();
  readonly nested: NestedSecondStage;
  /** Id of the check at which the last VMRUN failed; null if it did not. */
  failedCheck: string | null = null;
  /** A root-mode client has the processor outside guest mode: its VMRUNs and #VMEXITs are not traced. */
  readonly rootClient: boolean;
  /** Trace level of the next guest under a root-mode client. */
  clientGuestLevel = 1;
  private view: Vmcb | null = null;

  constructor(processor: Processor, rootClient: boolean) {
    this.rootClient = rootClient;
    this.c = processor;
    this.s = processor.s;
    this.supportedCr4 = supportedCr4(processor);
    this.supportedEfer = supportedEfer(processor);
    this.capabilities = capabilitiesOf(processor.model);
    this.nested = new NestedSecondStage(this);
  }

  /** The VMCB that is being entered, is running, or has exited. */
  get vmcb(): Vmcb {
    return this.view!;
  }

  /** Where entries and exits are traced. */
  get transitionTrace(): TraceSink | null {
    return this.rootClient ? null : this.c.trace;
  }

  get memory(): PhysicalMemory {
    return this.c.memory;
  }

  /** Makes the VMCB at a physical address that one. */
  useVmcb(address: number): Vmcb {
    this.c.f64[W.VMCB_ADDRESS] = address + 1;
    if (this.view === null || this.view.address !== address) this.view = new Vmcb(this.c.memory, address);
    return this.view;
  }

  /** Finds the VMCB again after state words and memory were copied in. */
  restoreVmcb(): void {
    const address = this.c.f64[W.VMCB_ADDRESS]!;
    this.view = address === 0 ? null : new Vmcb(this.c.memory, address - 1);
  }

  /** Whether the running guest's intercept bit is set: word 0-5 of the vectors and a mask. */
  intercepts(word: number, mask: number): boolean {
    return (this.s[W.INTERCEPTS + word]! & mask) !== 0;
  }
}
