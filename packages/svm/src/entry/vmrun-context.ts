import { STATE } from "@hvdiff/cpu";
import type { SvmCapabilities } from "../capabilities.ts";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";
import { arePdptesValid } from "../pdptes.ts";
import type { Vmcb } from "../vmcb.ts";

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
  private readonly core: SvmCore;

  constructor(core: SvmCore) {
    const { vmcb, s, capabilities } = core;
    this.core = core;
    this.vmcb = vmcb;
    this.capabilities = capabilities;
    this.efer = vmcb.lo(F.EFER);
    this.cr0 = vmcb.lo(F.CR0);
    this.cr4 = vmcb.lo(F.CR4);
    this.supportedCr4 = core.supportedCr4;
    this.supportedEfer = core.supportedEfer;
    this.isNested = capabilities.nestedPaging && (vmcb.lo(F.NESTED_CONTROL) & C.NP_ENABLE) !== 0;
    this.hostPaging = (s[STATE.CR0]! & C.CR0_PG) !== 0;
  }

  /** Whether the PDPTEs in memory are legal, if the guest has PAE paging. */
  havePdptes(): boolean {
    const usesPae = (this.cr0 & C.CR0_PG) !== 0 && (this.cr4 & C.CR4_PAE) !== 0 && (this.efer & C.EFER_LME) === 0;
    if (!usesPae) return true;
    return arePdptesValid(this.core.c.memory, this.vmcb.lo(F.CR3), this.capabilities);
  }
}
