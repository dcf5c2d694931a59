import { msrWord } from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import { SVM, VMCB, type Vmcb } from "@hvdiff/svm";
import { ADDITIONAL_STATE_INTERCEPTS, CR8_INTERCEPTS, SET_FLAG_INTERCEPTS } from "./intercepts.ts";
import { shadowOf, usesNestedPaging } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";

/** Where the values of a rule come from. */
type MergeSource = "vmcb12" | "vmcb01" | "merged" | "l0";

/*
 * How vmcb02 is made from vmcb01 and vmcb12: L2 must behave as vmcb12 says, and L0 must get back what is its own.
 */

const PAGE_WORDS = 4096 / 4;
const SAVE_AREA = 0x400 / 4;
const WORDS = 6;
const INSTRUCTION_WORD = 4;
const DEFAULT_RATIO = 1n << 32n;
const TSC_RATIO = msrWord(MSRS.TSC_RATIO.address)!;
const LBR_FIELDS = [VMCB.DBGCTL, VMCB.BR_FROM, VMCB.BR_TO, VMCB.LAST_EXCP_FROM, VMCB.LAST_EXCP_TO];

export function copyField(from: Vmcb, to: Vmcb, field: number): void {
  to.set(field, from.lo(field), from.hi(field));
}

/** Whether a guest of L1 has a virtual interrupt flag for CR8 and IF of its own. */
export function masksInterrupts(v12: Vmcb): boolean {
  return (v12.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL) & SVM.V_INTR_MASKING) !== 0;
}

/** The extensions that L1 asks for and is offered. */
export function extensionsOf({ v12, l0 }: SvmVcpu): number {
  const { lbrVirtualization, virtualVmloadVmsave } = l0.capabilities;
  return (
    v12.lo(VMCB.VIRTUALIZATION_EXTENSIONS) &
    ((lbrVirtualization ? SVM.LBR_VIRTUALIZATION : 0) | (virtualVmloadVmsave ? SVM.VIRTUAL_VMLOAD_VMSAVE : 0))
  );
}

function mergeIntercepts(vcpu: SvmVcpu): void {
  const { v01, v02, v12, l0 } = vcpu;
  for (let word = 0; word < WORDS; word++) {
    const at = VMCB.INTERCEPT_CR + word * 4;
    let own = v01.lo(at);
    if (word === 0 && masksInterrupts(v12)) own &= ~CR8_INTERCEPTS;
    if (word === INSTRUCTION_WORD) {
      const virtualGif =
        l0.capabilities.virtualGif && (v12.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL) & SVM.V_GIF_ENABLE) !== 0;
      if (virtualGif) own &= ~SET_FLAG_INTERCEPTS;
      if ((extensionsOf(vcpu) & SVM.VIRTUAL_VMLOAD_VMSAVE) !== 0 && usesNestedPaging(vcpu))
        own &= ~ADDITIONAL_STATE_INTERCEPTS;
    }
    v02.set32(at, own | v12.lo(at));
  }
}

/** L1's virtual interrupts with what its processor has; interrupts of the host always come to L0. */
function mergeVirtualInterrupts({ v02, v12, l0 }: SvmVcpu): void {
  const { virtualGif, virtualNmi } = l0.capabilities;
  const absent = (virtualGif ? 0 : SVM.V_GIF_ENABLE) | (virtualNmi ? 0 : SVM.V_NMI_ENABLE) | SVM.AVIC_ENABLE;
  v02.set32(VMCB.VIRTUAL_INTERRUPT_CONTROL, (v12.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL) & ~absent) | SVM.V_INTR_MASKING);
  v02.set32(VMCB.VIRTUAL_INTERRUPT_VECTOR, v12.lo(VMCB.VIRTUAL_INTERRUPT_VECTOR));
}

function signed64(v: Vmcb, field: number): bigint {
  return (BigInt(v.hi(field)) << 32n) | BigInt(v.lo(field) >>> 0);
}

/** Offsets of both levels add up; L1's ratio also stretches L1's own offset. */
export function mergeTime({ v01, v02, v12, l0, guestCpu, silicon }: SvmVcpu): void {
  const { s } = guestCpu.file;
  const ratio = l0.capabilities.tscRatio
    ? (BigInt(s[TSC_RATIO + 1]! >>> 0) << 32n) | BigInt(s[TSC_RATIO]! >>> 0)
    : DEFAULT_RATIO;
  const scales = ratio !== DEFAULT_RATIO && ratio !== 0n;
  const own = signed64(v01, VMCB.TSC_OFFSET);
  const offset = (scales ? (own * ratio) >> 32n : own) + signed64(v12, VMCB.TSC_OFFSET);
  v02.set(VMCB.TSC_OFFSET, Number(BigInt.asIntN(32, offset)), Number(BigInt.asIntN(32, offset >> 32n)));
  setRatio(silicon.s, scales ? ratio : DEFAULT_RATIO);
}

/** Silicon's ratio register acts while a guest runs: L1's own value for L2, 1 for L1. */
function setRatio(s: Int32Array, ratio: bigint): void {
  s[TSC_RATIO] = Number(BigInt.asIntN(32, ratio));
  s[TSC_RATIO + 1] = Number(BigInt.asIntN(32, ratio >> 32n));
}

export function resetRatio({ silicon }: SvmVcpu): void {
  if (silicon.s[TSC_RATIO + 1] !== 0 || silicon.s[TSC_RATIO] !== 0) setRatio(silicon.s, DEFAULT_RATIO);
}

function mergePaging(vcpu: SvmVcpu): void {
  const { v01, v02, v12, l0 } = vcpu;
  const nested = usesNestedPaging(vcpu);
  const root = nested ? shadowOf(vcpu) : l0.state.tables01;
  const executeTrap =
    nested && l0.capabilities.guestModeExecuteTrap ? v12.lo(VMCB.NESTED_CONTROL) & SVM.GMET_ENABLE : 0;
  v02.set32(VMCB.NESTED_CONTROL, SVM.NP_ENABLE | executeTrap);
  v02.set(VMCB.NESTED_CR3, root | 0, Math.floor(root / 0x1_0000_0000));
  copyField(nested && l0.policy.ownGuestPat ? v12 : v01, v02, VMCB.G_PAT);
}

/** Without LBR virtualization L2 shares the records of L1. */
function mergeLastBranch(vcpu: SvmVcpu): void {
  const { v01, v02 } = vcpu;
  v02.set32(
    VMCB.VIRTUALIZATION_EXTENSIONS,
    (extensionsOf(vcpu) & ~SVM.LBR_VIRTUALIZATION) | (v01.lo(VMCB.VIRTUALIZATION_EXTENSIONS) & SVM.LBR_VIRTUALIZATION),
  );
  if ((extensionsOf(vcpu) & SVM.LBR_VIRTUALIZATION) !== 0) return;
  for (const field of LBR_FIELDS) copyField(v01, v02, field);
}

/** The way back of the same records. */
export function splitLastBranch(vcpu: SvmVcpu): void {
  const to = (extensionsOf(vcpu) & SVM.LBR_VIRTUALIZATION) !== 0 ? vcpu.v12 : vcpu.v01;
  for (const field of LBR_FIELDS) copyField(vcpu.v02, to, field);
}

/** One rule of the merge: how it decides its fields of vmcb02, and why. */
export interface VmcbMergeRule {
  readonly id: string;
  readonly source: MergeSource;
  readonly why: string;
  apply(vcpu: SvmVcpu): void;
}

/** How vmcb02 is made from vmcb01 and vmcb12, in the order of application. */
export const VMCB_MERGE_RULES: readonly VmcbMergeRule[] = [
  {
    id: "merge.stateSaveArea",
    source: "vmcb12",
    why: "L2's state",
    apply: ({ v02, v12 }) =>
      v02.words.set(v12.words.subarray(v12.base + SAVE_AREA, v12.base + PAGE_WORDS), v02.base + SAVE_AREA),
  },
  { id: "merge.intercepts", source: "merged", why: "both levels' exits", apply: mergeIntercepts },
  {
    id: "merge.virtualInterrupts",
    source: "vmcb12",
    why: "L1's virtual interrupts with what its processor has; the host's always come to L0",
    apply: mergeVirtualInterrupts,
  },
  {
    id: "merge.time",
    source: "merged",
    why: "offsets of both levels add up, L0's scaled by L1's ratio",
    apply: mergeTime,
  },
  {
    id: "merge.paging",
    source: "l0",
    why: "the shadow of L1's nested page tables, or L1's own; L1's PAT where the guest has one of its own",
    apply: mergePaging,
  },
  {
    id: "merge.lastBranch",
    source: "vmcb01",
    why: "without LBR virtualization L2 shares the records of L1",
    apply: mergeLastBranch,
  },
  {
    id: "merge.permissionMaps",
    source: "vmcb01",
    why: "accesses to ports and MSRs come to L0, which consults L1's maps",
    apply: ({ v01, v02 }) => {
      copyField(v01, v02, VMCB.IOPM_BASE);
      copyField(v01, v02, VMCB.MSRPM_BASE);
    },
  },
  { id: "merge.asid", source: "l0", why: "L0's tag for L2", apply: ({ v02 }) => v02.set32(VMCB.GUEST_ASID, 2) },
  {
    id: "merge.copied",
    source: "vmcb12",
    why: "what L1 asks of this entry",
    apply: ({ v02, v12 }) => {
      copyField(v12, v02, VMCB.INTERRUPT_SHADOW);
      copyField(v12, v02, VMCB.EVENT_INJECTION);
      copyField(v12, v02, VMCB.NEXT_RIP);
      v02.set32(VMCB.PAUSE_FILTER, v12.lo(VMCB.PAUSE_FILTER));
    },
  },
];

/** Builds vmcb02. */
export function mergeVmcb02(vcpu: SvmVcpu): void {
  for (const rule of VMCB_MERGE_RULES) {
    rule.apply(vcpu);
    vcpu.history?.note({ way: rule.id }, "vmcb02");
  }
}
