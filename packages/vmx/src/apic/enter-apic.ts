import { exitReasonNumber } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { flushAllGuestContexts } from "../tlb-contexts.ts";
import { forgetApicEvents, pendTrapExit } from "./trap-exit.ts";
import {
  deliversVirtualInterrupts,
  evaluateVirtualInterrupts,
  isBelowThreshold,
  virtualizePpr,
} from "./virtual-interrupts.ts";

const TPR_BELOW_THRESHOLD = exitReasonNumber("TPR_BELOW_THRESHOLD");

/** Physical address of the APIC-access page of the VMCS whose controls are in force; -1 without one. */
export function apicAccessPage({ s, vmcs }: VmxCore): number {
  if ((s[W.SECONDARY]! & C.VIRTUALIZE_APIC_ACCESSES) === 0) return -1;
  return joinAddress(vmcs.lo(F.APIC_ACCESS_ADDRESS), vmcs.hi(F.APIC_ACCESS_ADDRESS));
}

/** Another page than before is the APIC-access page: what the TLB knows of it is no longer enough. */
function usePage(core: VmxCore): void {
  const { c } = core;
  const page = apicAccessPage(core);
  c.apicAccessPage = page;
  if (c.f64[W.LAST_APIC_ACCESS_PAGE] === page + 1) return;
  c.f64[W.LAST_APIC_ACCESS_PAGE] = page + 1;
  flushAllGuestContexts(core);
}

/** What a VM entry does with the virtual APIC (SDM 3C "VM Exits Induced by the TPR Threshold", "Loading Guest Non-Register State"). */
export function enterVirtualApic(core: VmxCore): void {
  const { s } = core;
  forgetApicEvents(core);
  usePage(core);
  if (deliversVirtualInterrupts(core)) {
    virtualizePpr(core);
    evaluateVirtualInterrupts(core);
    return;
  }
  const hasThreshold = (s[W.PRIMARY]! & C.USE_TPR_SHADOW) !== 0 && core.c.apicAccessPage >= 0;
  if (hasThreshold && isBelowThreshold(core)) pendTrapExit(core, TPR_BELOW_THRESHOLD, 0);
}

/** The guest is left: accesses are root mode's own. */
export function leaveVirtualApic(core: VmxCore): void {
  core.c.apicAccessPage = -1;
  forgetApicEvents(core);
}
