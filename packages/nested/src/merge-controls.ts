import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { MergeContext } from "./merge-context.ts";

/** Secondary controls of L1 that take effect through vmcs02 as they are. */
export function mergeSecondaryControls(m: MergeContext): void {
  const active = (m.v12.lo(F.primaryProcessorBasedControls) & C.PROC_SECONDARY) !== 0;
  const wanted = active ? m.v12.lo(F.secondaryProcessorBasedControls) : 0;
  const offsets = (m.v12.lo(F.primaryProcessorBasedControls) & C.PROC_TSC_OFFSETTING) !== 0;
  const kept = wanted & ~(C.PROC2_NOT_SILICONS | (offsets ? 0 : C.PROC2_TSC_SCALING));
  const own = C.PROC2_EPT | C.PROC2_VPID | (m.policy.interceptsWbinvd ? C.PROC2_WBINVD : 0);
  m.v02.set(F.secondaryProcessorBasedControls, kept | own, 0);
}

export function mergePrimaryControls(m: MergeContext): void {
  const own =
    m.v01.lo(F.primaryProcessorBasedControls) &
    ~(C.PROC_HLT | C.PROC_INTERRUPT_WINDOW | C.PROC_NMI_WINDOW | C.PROC_TPR_SHADOW);
  const asked = m.v12.lo(F.primaryProcessorBasedControls) & ~(C.PROC_IO_BITMAPS | C.PROC_MSR_BITMAPS);
  const wanted = m.haltsInL0 ? asked | C.PROC_HLT : asked;
  // With a TPR shadow of L1's own, CR8 is in the virtual-APIC page and none of L0's business.
  const priority = (wanted & C.PROC_TPR_SHADOW) !== 0 ? C.PROC_CR8_LOAD | C.PROC_CR8_STORE : 0;
  m.v02.set(
    F.primaryProcessorBasedControls,
    (own & ~priority) | wanted | C.PROC_UNCONDITIONAL_IO | C.PROC_SECONDARY,
    0,
  );
}

export function mergeEntryControls(m: MergeContext): void {
  const kept = C.ENTRY_IA32E | C.ENTRY_LOAD_DEBUG;
  m.v02.set(
    F.vmEntryControls,
    (m.v01.lo(F.vmEntryControls) & ~kept) | (m.v12.lo(F.vmEntryControls) & kept) | C.ENTRY_LOAD_DEBUG,
    0,
  );
}

function loads(m: MergeContext, control: number): boolean {
  return (m.v12.lo(F.vmEntryControls) & control) !== 0;
}

const EFER_LME = 1 << 8;
const EFER_LMA = 1 << 10;
const CR0_PG = 1 << 31;

/** Without "load IA32_EFER" L2 starts with L1's, but LMA (and LME while paging) follow "IA-32e mode guest". */
export function mergeEfer(m: MergeContext): void {
  if (loads(m, C.ENTRY_LOAD_EFER)) {
    m.v02.set(F.guestIa32Efer, m.v12.lo(F.guestIa32Efer), m.v12.hi(F.guestIa32Efer));
    return;
  }
  const long = loads(m, C.ENTRY_IA32E);
  const paging = (m.v12.lo(F.guestCr0) & CR0_PG) !== 0;
  const clear = EFER_LMA | (paging ? EFER_LME : 0);
  const value = (m.v01.lo(F.guestIa32Efer) & ~clear) | (long ? clear : 0);
  m.v02.set(F.guestIa32Efer, value, 0);
}

export function eitherLevel(m: MergeContext, control: number, index: number): void {
  const from = loads(m, control) ? m.v12 : m.v01;
  m.v02.set(index, from.lo(index), from.hi(index));
}
