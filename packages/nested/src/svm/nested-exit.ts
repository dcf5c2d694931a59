import { STATE } from "@hvdiff/cpu";
import { VMEXIT_CODES } from "@hvdiff/spec";
import { SVM, traceVmexit, traceVmrun, VMCB } from "@hvdiff/svm";
import { oweSingleStep } from "./instructions.ts";
import { copyField, masksInterrupts, resetRatio, splitLastBranch } from "./merge.ts";
import { invalidate } from "./nested-run.ts";
import { usesNestedPaging } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";

const CR0_PE = 1;
const DR7_INITIAL = 0x400;
const V_PRIVATE = SVM.V_INTR_MASKING;
/** The save area of what #VMEXIT saves: segments to TR, CPL, EFER, CR4 to RIP, RSP, RAX, CR2. */
const SAVED_PAIRS = [
  VMCB.EFER,
  VMCB.CR4,
  VMCB.CR3,
  VMCB.CR0,
  VMCB.DR7,
  VMCB.DR6,
  VMCB.RFLAGS,
  VMCB.RIP,
  VMCB.RSP,
  VMCB.RAX,
  VMCB.CR2,
];
const SAVED_SEGMENTS = [VMCB.ES, VMCB.CS, VMCB.SS, VMCB.DS, VMCB.GDTR, VMCB.IDTR];
const INSTRUCTION_BYTES = 16;

/** Passes the #VMEXIT that silicon just made from vmcb02 on to L1. */
export function exitToL1(vcpu: SvmVcpu, code: number): void {
  const { v02, v12, l0 } = vcpu;
  v12.set(VMCB.EXIT_CODE, code, code < 0 ? -1 : 0);
  copyField(v02, v12, VMCB.EXIT_INFO_1);
  copyField(v02, v12, VMCB.EXIT_INFO_2);
  copyField(v02, v12, VMCB.EXIT_INT_INFO);
  if (l0.capabilities.nextRip) copyField(v02, v12, VMCB.NEXT_RIP);
  if (l0.capabilities.decodeAssists)
    for (let at = 0; at < INSTRUCTION_BYTES; at += 4)
      v12.set32(VMCB.INSTRUCTION_BYTES + at, v02.lo(VMCB.INSTRUCTION_BYTES + at));
  leaveL2(vcpu);
}

/** A #VMEXIT to L1 that L0 makes up: an event of L1's machine. */
export function eventToL1(vcpu: SvmVcpu, code: number, info1 = 0): void {
  const { v12, v02, l0 } = vcpu;
  invalidate(vcpu);
  v12.set(VMCB.EXIT_CODE, code, 0);
  v12.set(VMCB.EXIT_INFO_1, info1, 0);
  // An event that was on its way into L2 goes back to L1.
  v12.set(VMCB.EXIT_INT_INFO, v02.lo(VMCB.EVENT_INJECTION), v02.hi(VMCB.EVENT_INJECTION));
  if (!l0.capabilities.nextRip) v12.set(VMCB.NEXT_RIP, 0, 0);
  leaveL2(vcpu);
}

/** Silicon found fault with vmcb02 although L0's checks of vmcb12 passed: L1's VMRUN fails. */
export function refusedBySilicon(vcpu: SvmVcpu): void {
  if (vcpu.state.runPending) {
    vcpu.l0.machine.trace.retract("vmrun");
    vcpu.state.guestMode = false;
    traceVmrun(vcpu.sink, "failed");
    vcpu.state.guestMode = true;
  }
  invalidate(vcpu);
  vcpu.state.owed = null;
  becomeL1(vcpu);
}

function leaveL2(vcpu: SvmVcpu): void {
  const { v01, v02, v12 } = vcpu;
  vcpu.history?.note({ way: "exit.information" });
  for (const field of SAVED_SEGMENTS) {
    copyField(v02, v12, field);
    copyField(v02, v12, field + 8);
  }
  for (const field of SAVED_PAIRS) copyField(v02, v12, field);
  v12.set32(VMCB.CPL_WORD, v02.lo(VMCB.CPL_WORD));
  copyField(v02, v12, VMCB.INTERRUPT_SHADOW);
  v12.set(VMCB.EVENT_INJECTION, 0, 0);
  v02.set(VMCB.EVENT_INJECTION, 0, 0);
  saveVirtualInterrupts(vcpu);
  splitLastBranch(vcpu);
  copyField(v02, usesNestedPaging(vcpu) && vcpu.l0.policy.ownGuestPat ? v12 : v01, VMCB.G_PAT);
  // #VMEXIT leaves these as the guest had them.
  copyField(v02, v01, VMCB.CR2);
  copyField(v02, v01, VMCB.DR6);
  vcpu.history?.note({ way: "exit.guestState" });
  becomeL1(vcpu);
}

function saveVirtualInterrupts({ v02, v12, l0 }: SvmVcpu): void {
  const { virtualGif, virtualNmi } = l0.capabilities;
  const absent = (virtualGif ? 0 : SVM.V_GIF_ENABLE) | (virtualNmi ? 0 : SVM.V_NMI_ENABLE) | SVM.AVIC_ENABLE;
  const own = masksInterrupts(v12) ? V_PRIVATE : 0;
  v12.set32(VMCB.VIRTUAL_INTERRUPT_CONTROL, (v02.lo(VMCB.VIRTUAL_INTERRUPT_CONTROL) & ~(V_PRIVATE | absent)) | own);
}

/** L1 goes on behind its VMRUN, with its global interrupt flag off (APM 2 "#VMEXIT"). */
function becomeL1(vcpu: SvmVcpu): void {
  const { state, v01, silicon } = vcpu;
  state.guestMode = false;
  state.runPending = false;
  state.gif = false;
  state.halted = false;
  v01.set(VMCB.CR0, v01.lo(VMCB.CR0) | CR0_PE, 0);
  v01.set(VMCB.RFLAGS, v01.lo(VMCB.RFLAGS) & ~SVM.RFLAGS_VM, 0);
  v01.set32(VMCB.CPL_WORD, v01.lo(VMCB.CPL_WORD) & 0xffffff);
  v01.set(VMCB.DR7, DR7_INITIAL, 0);
  silicon.s[STATE.INTERRUPTIBILITY]! &= ~3;
  resetRatio(vcpu);
  vcpu.history?.note({ way: "exit.hostState" });
  vcpu.l0.count("reflected");
  if (vcpu.isTraced) traceVmexit(vcpu.sink, vcpu.v12);
  oweSingleStep(vcpu);
}

/** The code of an intercepted INIT. */
export const EXIT_INIT = VMEXIT_CODES.INIT.code;
