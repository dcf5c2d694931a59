import { STATE } from "@hvdiff/cpu";
import type { SvmCapabilities } from "../capabilities.ts";
import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import { arePdptesValid } from "../pdptes.ts";
import type { Vmcb } from "../vmcb.ts";

/** A VMCB to be entered, and the processor: silicon's, or the one that an L0 shows. */
export interface VmrunSource {
  readonly vmcb: Vmcb;
  /** State words of the host. */
  readonly s: Int32Array;
  readonly capabilities: SvmCapabilities;
  readonly supportedCr4: number;
  readonly supportedEfer: number;
  readonly memory: { read32(address: number): number };
}

/** What the checks of VMRUN look at: a VMCB and the processor that is to enter it. */
export class VmrunContext {
  readonly vmcb: Vmcb;
  readonly capabilities: SvmCapabilities;
  readonly efer: number;
  readonly cr0: number;
  readonly cr4: number;
  readonly supportedCr4: number;
  readonly supportedEfer: number;
  readonly isNested: boolean;
  readonly hostPaging: boolean;
  private readonly memory: VmrunSource["memory"];

  constructor(source: VmrunSource) {
    const { vmcb, s, capabilities } = source;
    this.memory = source.memory;
    this.vmcb = vmcb;
    this.capabilities = capabilities;
    this.efer = vmcb.lo(F.EFER);
    this.cr0 = vmcb.lo(F.CR0);
    this.cr4 = vmcb.lo(F.CR4);
    this.supportedCr4 = source.supportedCr4;
    this.supportedEfer = source.supportedEfer;
    this.isNested = capabilities.nestedPaging && (vmcb.lo(F.NESTED_CONTROL) & C.NP_ENABLE) !== 0;
    this.hostPaging = (s[STATE.CR0]! & C.CR0_PG) !== 0;
  }

  /** Whether the PDPTEs in memory are legal, if the guest has PAE paging. */
  havePdptes(): boolean {
    const usesPae = (this.cr0 & C.CR0_PG) !== 0 && (this.cr4 & C.CR4_PAE) !== 0 && (this.efer & C.EFER_LME) === 0;
    if (!usesPae) return true;
    return arePdptesValid(this.memory, this.vmcb.lo(F.CR3), this.capabilities);
  }
}
