import { STATE } from "@hvdiff/cpu";
import { SVM, traceCheck, traceVmexit, traceVmrun, VMCB, VmrunContext } from "@hvdiff/svm";
import { oweSingleStep, passInstruction } from "./instructions.ts";
import { mergeVmcb02 } from "./merge.ts";
import { dropShadows, usesNestedPaging } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";

/** VMRUN of L1: the checks of vmcb12. Behind them L2 is what runs next, after the merge. */
export function runL2(vcpu: SvmVcpu, address: number): void {
  const { state, l0, guestCpu } = vcpu;
  const { file } = guestCpu;
  state.vmcb12 = address;
  if (state.keptTables !== null) {
    state.keptTables = null;
    vcpu.v01.set(VMCB.NESTED_CR3, l0.state.tables01, 0);
    vcpu.forgetTranslations(false);
  }
  const v12 = vcpu.v12;
  const context = new VmrunContext({
    vmcb: v12,
    s: file.s,
    capabilities: l0.capabilities,
    supportedCr4: vcpu.supportedCr4,
    supportedEfer: vcpu.supportedEfer,
    memory: guestCpu,
  });
  const failed = l0.checks.find((check) => check.violated(context));
  if (failed !== undefined) {
    traceVmrun(vcpu.sink, "failed");
    traceCheck(vcpu.sink, failed.id);
    failRun(vcpu);
    return;
  }
  traceVmrun(vcpu.sink, "entered");
  passInstruction(vcpu);
  state.mergePending = true;
}

/** VMEXIT_INVALID before anything of L2 was loaded. */
function failRun(vcpu: SvmVcpu): void {
  const { state, v12, v01, l0 } = vcpu;
  passInstruction(vcpu);
  invalidate(vcpu);
  v12.set(VMCB.EXIT_CODE, -1, l0.policy.refusedRunCodeHigh);
  v01.set(VMCB.DR7, 0x400, 0);
  if (l0.policy.refusedRunClearsGif) state.gif = false;
  traceVmexit(vcpu.sink, v12);
  oweSingleStep(vcpu);
}

/** What VMEXIT_INVALID leaves in the control area of vmcb12. */
export function invalidate({ v12, l0 }: SvmVcpu): void {
  v12.set(VMCB.EXIT_CODE, -1, -1);
  v12.set(VMCB.EXIT_INFO_1, 0, 0);
  v12.set(VMCB.EXIT_INFO_2, 0, 0);
  v12.set(VMCB.EXIT_INT_INFO, 0, 0);
  if (l0.capabilities.nextRip) v12.set(VMCB.NEXT_RIP, 0, 0);
  if (l0.capabilities.decodeAssists) for (let at = 0; at < 16; at += 4) v12.set32(VMCB.INSTRUCTION_BYTES + at, 0);
}

/** The step after the checks: the merge. */
export function commitRun(vcpu: SvmVcpu): void {
  const { state, v12, l0, silicon } = vcpu;
  state.mergePending = false;
  const flush = (v12.lo(VMCB.TLB_CONTROL) & 0xff) !== SVM.TLB_DO_NOTHING;
  const asid = v12.lo(VMCB.GUEST_ASID);
  if (flush || asid !== state.lastAsid12) {
    vcpu.forgetTranslations(true);
    if (usesNestedPaging(vcpu)) dropShadows(vcpu);
  }
  if ((v12.lo(VMCB.TLB_CONTROL) & 0xff) === SVM.TLB_FLUSH_ALL) vcpu.forgetTranslations(false);
  state.lastAsid12 = asid;
  mergeVmcb02(vcpu);
  l0.count("entries.l2");
  state.guestMode = true;
  state.runPending = true;
  state.gif = true;
  silicon.s[STATE.INTERRUPTIBILITY]! &= ~3;
}
