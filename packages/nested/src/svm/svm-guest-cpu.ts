import {
  type Bus,
  type CpuModel,
  executeAlone,
  FAULT_NONE,
  type LoneInstruction,
  msrWord,
  STATE,
  type TraceSink,
} from "@hvdiff/cpu";
import { MSRS } from "@hvdiff/spec";
import { loadPair, loadRegisters, SVM, savePair, saveRegisters, VMCB, type Vmcb } from "@hvdiff/svm";
import { GuestRegisterFile, type RegisterHome } from "../guest-register-file.ts";
import { SHARED_WORDS, storageOf } from "../guest-registers.ts";
import type { SvmVcpuState } from "./vcpu-state.ts";

/** MSRs that silicon holds for the guest between exits. */
const HARDWARE_MSRS = [
  "IA32_STAR",
  "IA32_LSTAR",
  "IA32_CSTAR",
  "IA32_FMASK",
  "IA32_KERNEL_GS_BASE",
  "IA32_TSC_AUX",
  "IA32_SYSENTER_CS",
  "IA32_SYSENTER_ESP",
  "IA32_SYSENTER_EIP",
] as const;

/** MSRs that the VMCB holds: PAT with nested paging, the others with last-branch virtualization. */
const VMCB_MSRS = [
  [MSRS.IA32_PAT.address, VMCB.G_PAT],
  [MSRS.IA32_DEBUGCTL.address, VMCB.DBGCTL],
  [MSRS.LASTBRANCHFROMIP.address, VMCB.BR_FROM],
  [MSRS.LASTBRANCHTOIP.address, VMCB.BR_TO],
  [MSRS.LASTEXCEPTIONFROMIP.address, VMCB.LAST_EXCP_FROM],
  [MSRS.LASTEXCEPTIONTOIP.address, VMCB.LAST_EXCP_TO],
] as const;

/** Segments that VMRUN and #VMEXIT leave in silicon. */
const HARDWARE_SEGMENTS = [STATE.FS, STATE.GS, STATE.LDTR, STATE.TR];
const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const REGISTERS = 32;

function hardwareWords(): number[] {
  const words = [...SHARED_WORDS.filter((word) => word !== STATE.CR2 && word !== STATE.CR2 + 1)];
  for (const segment of HARDWARE_SEGMENTS)
    for (let n = 0; n < STATE.SEGMENT_STRIDE; n++) words.push(STATE.SEGMENTS + segment * STATE.SEGMENT_STRIDE + n);
  for (const word of HARDWARE_MSRS.map(storageOf)) words.push(word, word + 1);
  return words;
}

/** The register file of an L1 with SVM, filled from the VMCB that ran and silicon's own registers. */
export class SvmGuestCpu extends GuestRegisterFile {
  private readonly words: readonly number[] = hardwareWords();
  private readonly msrWords = VMCB_MSRS.map(([address, field]) => [msrWord(address)!, field] as const);

  constructor(home: RegisterHome, model: CpuModel, ram: number, trace: TraceSink | null, bus: Bus) {
    super(home, model, ram, trace, bus);
    this.space.walksPdptes = true;
  }

  /** Takes over from the VMCB that ran, and silicon, what the rules need to know. */
  sync(v: Vmcb, state: SvmVcpuState): void {
    const { s } = this.file;
    const from = this.silicon.s;
    s.set(from.subarray(STATE.GPR, STATE.GPR + REGISTERS), STATE.GPR);
    loadRegisters(s, v);
    loadPair(s, STATE.CR2, v, VMCB.CR2);
    s[STATE.DR6] = v.lo(VMCB.DR6);
    s[STATE.DR7] = v.lo(VMCB.DR7);
    s[STATE.CPL] = v.lo(VMCB.CPL_WORD) >>> 24;
    if (!state.guestMode && !state.svme) s[STATE.EFER]! &= ~SVM.EFER_SVME;
    for (const word of this.words) s[word] = from[word]!;
    for (const [word, field] of this.msrWords) loadPair(s, word, v, field);
    s[STATE.VIRTUALIZATION_MODE] = 0;
    this.file.retired = this.silicon.retired;
    this.file.blockBase = this.silicon.retired;
    this.file.fault = FAULT_NONE;
    this.file.translationChanged();
  }

  /** Puts what an emulated instruction changed where it lives while the guest runs. RIP comes from the register file. */
  settle(v: Vmcb, state: SvmVcpuState): void {
    const { s } = this.file;
    const to = this.silicon.s;
    const changed =
      s[STATE.CR0] !== v.lo(VMCB.CR0) || s[STATE.CR4] !== v.lo(VMCB.CR4) || s[STATE.CR3] !== v.lo(VMCB.CR3);
    to.set(s.subarray(STATE.GPR, STATE.GPR + REGISTERS), STATE.GPR);
    saveRegisters(s, v);
    savePair(s, STATE.CR2, v, VMCB.CR2);
    v.set(VMCB.DR6, s[STATE.DR6]!, 0);
    v.set(VMCB.DR7, s[STATE.DR7]!, 0);
    v.set32(VMCB.CPL_WORD, (v.lo(VMCB.CPL_WORD) & 0xffffff) | (s[STATE.CPL]! << 24));
    if (!state.guestMode) state.svme = (s[STATE.EFER]! & SVM.EFER_SVME) !== 0;
    v.set(VMCB.EFER, s[STATE.EFER]! | SVM.EFER_SVME, 0);
    for (const word of this.words) to[word] = s[word]!;
    for (const [word, field] of this.msrWords) savePair(s, word, v, field);
    // The guest's counter is silicon's with what the guest has adjusted.
    if (!state.guestMode) v.set(VMCB.TSC_OFFSET, s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
    if (changed) this.onControlRegisterChange();
  }

  /**
   * Does an instruction of the guest on the register file. RIP must be set afterwards.
   * @returns false when it faulted; `owedException` has the fault
   */
  execute(v: Vmcb, lone: LoneInstruction, state: SvmVcpuState): boolean {
    this.sync(v, state);
    this.forgetAll();
    const { page } = this.file.apic;
    const rip = this.file.rip;
    if (!executeAlone(this.file, lone)) return false;
    this.file.rip = rip;
    this.settle(v, state);
    if (this.file.apic.page !== page) this.onApicMoved(this.file.apic.page);
    return true;
  }

  /**
   * Does the guest's instruction at RIP on the register file, with L0's devices in its memory, and goes on behind it.
   * @returns false when it faulted; `owedException` has the fault
   */
  executeAtRip(v: Vmcb, state: SvmVcpuState): boolean {
    this.sync(v, state);
    const { file } = this;
    const { s } = this.silicon;
    file.s.set(s.subarray(STATE.VECTOR_REGISTERS, STATE.EXTENDED_STATE), STATE.VECTOR_REGISTERS);
    file.stop = null;
    file.mmu.flushAll();
    if (!this.engine.executeOne()) return false;
    this.settle(v, state);
    s.set(file.s.subarray(STATE.VECTOR_REGISTERS, STATE.EXTENDED_STATE), STATE.VECTOR_REGISTERS);
    return true;
  }
}
