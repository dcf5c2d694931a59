import { enterVirtualWireMode, msrWord, STATE, writeMsr } from "@hvdiff/cpu";
import { applyState, backedRanges } from "@hvdiff/machine";
import { MSRS } from "@hvdiff/spec";
import { SVM, saveRegisters, VMCB, Vmcb } from "@hvdiff/svm";
import { mapRange } from "../ept-tables.ts";
import { GUEST_OFFSET } from "../host-layout.ts";
import { takePage } from "../page-pool.ts";
import { initializeVmCr } from "./instructions.ts";
import { INTERCEPTS_01 } from "./intercepts.ts";
import { resetVcpu } from "./startup.ts";
import type { SvmL0 } from "./svm-l0.ts";
import type { SvmVcpu } from "./vcpu.ts";

const CR0_HOST = 0x80000033 | 0;
const CR4_HOST = 0x20;
const EFER_HOST = 0x1d00;
const RFLAGS_HOST = 0x202n;
/** Present, writable, user: every access by way of nested paging is a user's. */
export const NPT_ALL = 7;
const IOPM_BYTES = 0x3000;
const MSRPM_BYTES = 0x2000;
const PAT_AT_RESET = [0x00070406, 0x00070406] as const;
const PAGE = 4096;

/** Makes what all virtual processors use: L1's memory as nested page tables. */
export function startMachine(l0: SvmL0): void {
  const { state, machine, options } = l0;
  state.tables01 = takePage(state.pool, machine.memory);
  for (const { base, size } of backedRanges(options.ram))
    mapRange(machine.memory, state.pool, state.tables01, { from: base, to: GUEST_OFFSET + base, size, leaf: NPT_ALL });
  // Everything is intercepted; what L1 wants is looked up in its own maps.
  state.maps = takePages(l0, IOPM_BYTES + MSRPM_BYTES);
  machine.memory.writeBytes(state.maps, new Uint8Array(IOPM_BYTES + MSRPM_BYTES).fill(0xff));
}

function takePages(l0: SvmL0, bytes: number): number {
  const first = takePage(l0.state.pool, l0.machine.memory);
  for (let at = PAGE; at < bytes; at += PAGE) takePage(l0.state.pool, l0.machine.memory);
  return first;
}

/** Puts a processor of silicon into the mode that an L0 runs in, and makes the VMCB that runs L1 on it. */
export function startVcpu(vcpu: SvmVcpu): void {
  const { silicon, state, l0 } = vcpu;
  const { memory } = l0.machine;
  state.vmcb01 = takePage(l0.state.pool, memory);
  state.vmcb02 = takePage(l0.state.pool, memory);
  applyState(silicon, l0.options.initial);
  saveRegisters(silicon.s, new Vmcb(memory, state.vmcb01));
  vcpu.attach();
  writeControls(vcpu);
  initializeVmCr(vcpu);
  prepareHost(vcpu, takePage(l0.state.pool, memory));
  if (vcpu.index > 0) resetVcpu(vcpu);
}

function prepareHost({ silicon }: SvmVcpu, hostSaveArea: number): void {
  const { s } = silicon;
  s[STATE.CR0] = CR0_HOST;
  s[STATE.CR4] = CR4_HOST;
  s[STATE.EFER] = EFER_HOST;
  s[STATE.ACTIVITY] = 0;
  s[STATE.CPL] = 0;
  s[STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS] = 0xa09b;
  s[STATE.SEGMENTS + STATE.SS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS] = 0xc093;
  silicon.rflags = RFLAGS_HOST;
  writeMsr(silicon, MSRS.VM_HSAVE_PA.address, hostSaveArea, 0);
  // The host's timer comes in by its interrupt line.
  enterVirtualWireMode(silicon);
  silicon.translationChanged();
}

function writeControls({ v01, l0, svm, silicon }: SvmVcpu): void {
  INTERCEPTS_01.forEach((word, at) => {
    v01.set32(VMCB.INTERCEPT_CR + at * 4, word);
  });
  v01.set(VMCB.IOPM_BASE, l0.state.maps, 0);
  v01.set(VMCB.MSRPM_BASE, l0.state.maps + IOPM_BYTES, 0);
  v01.set32(VMCB.GUEST_ASID, 1);
  v01.set32(VMCB.VIRTUAL_INTERRUPT_CONTROL, SVM.V_INTR_MASKING);
  v01.set32(VMCB.NESTED_CONTROL, SVM.NP_ENABLE);
  v01.set(VMCB.NESTED_CR3, l0.state.tables01, 0);
  v01.set32(VMCB.VIRTUALIZATION_EXTENSIONS, svm.capabilities.lbrVirtualization ? SVM.LBR_VIRTUALIZATION : 0);
  v01.set(VMCB.G_PAT, ...PAT_AT_RESET);
  v01.set(VMCB.EFER, v01.lo(VMCB.EFER) | SVM.EFER_SVME, 0);
  v01.set(VMCB.DR6, 0xffff0ff0 | 0, 0);
  v01.set(VMCB.DR7, 0x400, 0);
  const debugControl = msrWord(MSRS.IA32_DEBUGCTL.address)!;
  v01.set(VMCB.DBGCTL, silicon.s[debugControl]!, 0);
}
