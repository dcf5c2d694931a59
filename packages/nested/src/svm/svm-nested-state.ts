import { VMCB, type Vmcb } from "@hvdiff/svm";
import { copyField, mergeVmcb02 } from "./merge.ts";
import { usesNestedPaging } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";

/** SVM of L1 as it goes from one host to another. The registers of the level that runs go by themselves. */
export interface SvmNestedState {
  readonly extension: "svm";
  /** L1's global interrupt flag. */
  readonly gif: boolean;
  /** L2 runs. */
  readonly guestMode: boolean;
  /** Its VMRUN has been accepted, and silicon has not entered it yet. */
  readonly runPending: boolean;
  /** L1-physical address of the VMCB that L1 entered last; -1 outside of guest mode. */
  readonly vmcb12: number;
  /** A VMCB with the controls of L2 and the state of L1; null outside of guest mode. */
  readonly page: Uint8Array | null;
}

const PAGE = 4096;
const CONTROL_BYTES = 0x400;
const NONE = -1;

/** What VMRUN keeps of the host. */
const HOST_SEGMENTS = [VMCB.ES, VMCB.CS, VMCB.SS, VMCB.DS, VMCB.GDTR, VMCB.IDTR];
const HOST_PAIRS = [VMCB.EFER, VMCB.CR4, VMCB.CR3, VMCB.CR0, VMCB.RFLAGS, VMCB.RIP, VMCB.RSP, VMCB.RAX];

function bytesAt({ l0 }: SvmVcpu, address: number, size: number): Uint8Array {
  return l0.machine.memory.readBytes(address, size);
}

/** Takes L1's SVM out of a virtual processor. */
export function svmStateOf(vcpu: SvmVcpu): SvmNestedState {
  const { gif, guestMode, runPending, vmcb12 } = vcpu.state;
  return {
    extension: "svm",
    gif,
    guestMode,
    runPending,
    vmcb12: guestMode ? vmcb12 : NONE,
    page: guestMode ? pageOf(vcpu) : null,
  };
}

function pageOf(vcpu: SvmVcpu): Uint8Array {
  const { v12, v01, v02 } = vcpu;
  const page = new Uint8Array(PAGE);
  page.set(bytesAt(vcpu, v12.address, CONTROL_BYTES));
  page.set(bytesAt(vcpu, v01.address + CONTROL_BYTES, PAGE - CONTROL_BYTES), CONTROL_BYTES);
  // What L2 and silicon have changed of its virtual interrupts.
  page.set(bytesAt(vcpu, v02.address + VMCB.VIRTUAL_INTERRUPT_CONTROL, 4), VMCB.VIRTUAL_INTERRUPT_CONTROL);
  return page;
}

/** Puts SVM into a virtual processor that has none. Returns why it is refused; null where it is not. */
export function putSvmState(vcpu: SvmVcpu, nested: SvmNestedState): string | null {
  const { state, l0 } = vcpu;
  state.gif = nested.gif;
  if (!nested.guestMode) return null;
  if (!state.svme) return "L2 without EFER.SVME";
  const { vmcb12, page } = nested;
  if (page === null) return "L2 without its VMCB";
  if (vmcb12 < 0 || vmcb12 % PAGE !== 0 || vmcb12 >= l0.capabilities.addressLimit) return "the VMCB is no page";
  putL2(vcpu, vmcb12, { page, runPending: nested.runPending });
  return null;
}

/** L2 becomes what runs next. Its registers are in vmcb01, where they were set as the virtual processor's. */
function putL2(vcpu: SvmVcpu, vmcb12: number, { page, runPending }: { page: Uint8Array; runPending: boolean }): void {
  const { state, l0, v01, v02 } = vcpu;
  const { memory } = l0.machine;
  const registers = bytesAt(vcpu, v01.address + CONTROL_BYTES, PAGE - CONTROL_BYTES);
  state.vmcb12 = vmcb12;
  const { v12 } = vcpu;
  const inMemory = bytesAt(vcpu, v12.address, PAGE);
  memory.writeBytes(v12.address, page);
  loadHost(v12, v01);
  state.lastAsid12 = v12.lo(VMCB.GUEST_ASID);
  mergeVmcb02(vcpu);
  memory.writeBytes(v12.address, inMemory);
  memory.writeBytes(v02.address + CONTROL_BYTES, registers);
  if (!(usesNestedPaging(vcpu) && l0.policy.ownGuestPat)) copyField(v01, v02, VMCB.G_PAT);
  if (!runPending) v02.set(VMCB.EVENT_INJECTION, 0, 0);
  state.guestMode = true;
  state.runPending = runPending;
  vcpu.forgetTranslations(true);
}

function loadHost(from: Vmcb, v01: Vmcb): void {
  for (const field of HOST_SEGMENTS) {
    copyField(from, v01, field);
    copyField(from, v01, field + 8);
  }
  for (const field of HOST_PAIRS) copyField(from, v01, field);
  v01.set32(VMCB.CPL_WORD, v01.lo(VMCB.CPL_WORD) & 0xffffff);
}
