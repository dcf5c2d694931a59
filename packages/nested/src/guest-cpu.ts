import {
  type Bus,
  type CpuModel,
  executeAlone,
  FAULT_NONE,
  type LoneInstruction,
  readRflags,
  STATE,
  type TraceSink,
  writeMsr,
  writeRflags,
} from "@hvdiff/cpu";
import { hi32, lo32 } from "@hvdiff/spec";
import { createFieldPlan, type FieldPlan, loadFields, type MemoryVmcs, storeFields, type VmcsView } from "@hvdiff/vmx";
import { ENTRY_IA32E } from "./controls.ts";
import { F } from "./fields.ts";
import { GuestRegisterFile, type RegisterHome } from "./guest-register-file.ts";
import {
  FIELD_MSRS,
  FS_BASE,
  GS_BASE,
  HARDWARE_MSRS,
  PDPTES,
  SEGMENT_FIELDS,
  SHARED_WORDS,
  storageOf,
} from "./guest-registers.ts";
import type { VmxVcpuState } from "./vmx-vcpu-state.ts";

const PKRS = storageOf("IA32_PKRS");
const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const EFER_LMA = 1 << 10;
const CR0_NE = 1 << 5;
const CR4_VMXE = 1 << 13;

const TYPE = 0xf;
const BUSY_TSS_16 = 3;
const BUSY_TSS = 11;
const TABLES = [
  [F.guestGdtrBase, F.guestGdtrLimit, STATE.GDTR],
  [F.guestIdtrBase, F.guestIdtrLimit, STATE.IDTR],
] as const;

/** A guest may switch to IA-32e mode while TR has a 16-bit TSS, which nothing looks at then; a VM entry would not have it. */
function useLongTaskState(v: VmcsView): void {
  const access = v.lo(F.guestTrAccessRights);
  if ((access & TYPE) === BUSY_TSS_16) v.set(F.guestTrAccessRights, (access & ~TYPE) | BUSY_TSS, 0);
}

/** The register file of an L1 with VMX, filled from the VMCS that ran and silicon's own registers. */
export class GuestCpu extends GuestRegisterFile {
  private readonly fieldWords: readonly (readonly [word: number, field: number])[];
  private readonly hardwareWords: readonly number[];
  private plan: FieldPlan | null = null;

  constructor(home: RegisterHome, model: CpuModel, ram: number, trace: TraceSink | null, bus: Bus) {
    super(home, model, ram, trace, bus);
    this.fieldWords = FIELD_MSRS.map(([name, field]) => [storageOf(name), field] as const);
    this.hardwareWords = HARDWARE_MSRS.map(storageOf);
  }

  /**
   * Does the guest's instruction at RIP on the register file, with L0's devices in its memory.
   * @returns false when it faulted; `owedException` has the fault
   */
  executeAtRip(v: MemoryVmcs, state: VmxVcpuState): boolean {
    this.sync(v, state);
    const { file } = this;
    const { s } = this.silicon;
    file.s.set(s.subarray(STATE.VECTOR_REGISTERS, STATE.EXTENDED_STATE), STATE.VECTOR_REGISTERS);
    file.rip = v.read("guestRip");
    file.stop = null;
    file.mmu.flushAll();
    if (!this.engine.executeOne()) return false;
    this.commit(v, state);
    s.set(file.s.subarray(STATE.VECTOR_REGISTERS, STATE.EXTENDED_STATE), STATE.VECTOR_REGISTERS);
    v.set(F.guestRip, file.s[STATE.RIP]!, file.s[STATE.RIP + 1]!);
    v.set(F.guestRflags, readRflags(file.s), 0);
    return true;
  }

  /** Takes over from the VMCS that ran (and silicon's own registers) what the rules need to know. */
  sync(v: MemoryVmcs, state: VmxVcpuState): void {
    const s = this.file.s;
    const from = this.silicon.s;
    for (let word = STATE.GPR; word < STATE.GPR + 32; word++) s[word] = from[word]!;
    s[STATE.GPR + 8] = v.lo(F.guestRsp);
    s[STATE.GPR + 9] = v.hi(F.guestRsp);
    s[STATE.CR0] = state.guestMode ? v.lo(F.guestCr0) : v.lo(F.cr0ReadShadow);
    s[STATE.CR4] = state.guestMode ? v.lo(F.guestCr4) : v.lo(F.cr4ReadShadow);
    s[STATE.CR3] = v.lo(F.guestCr3);
    s[STATE.CR3 + 1] = v.hi(F.guestCr3);
    s[STATE.EFER] = v.lo(F.guestIa32Efer);
    s[STATE.CPL] = (v.lo(F.guestSsAccessRights) >>> 5) & 3;
    for (const word of SHARED_WORDS) s[word] = from[word]!;
    s[STATE.VIRTUALIZATION_MODE] = state.vmxOn ? 1 : 0;
    writeRflags(s, v.lo(F.guestRflags));
    this.file.retired = this.silicon.retired;
    this.file.blockBase = this.silicon.retired;
    this.file.fault = FAULT_NONE;
    loadFields(v, this.planFor(v), s);
    // IA32_SYSENTER_CS has no high half in the VMCS.
    s[this.fieldWords[0]![0] + 1] = 0;
    for (const word of this.hardwareWords) {
      s[word] = from[word]!;
      s[word + 1] = from[word + 1]!;
    }
    this.file.translationChanged();
  }

  /** Segments and MSRs, from silicon's fields to the words of the register file. All VMCSs of silicon have one layout. */
  private planFor(v: MemoryVmcs): FieldPlan {
    this.plan ??= createFieldPlan(v.layout, [
      ...this.fieldWords.map(([word, field]) => [field, word, 2] as const),
      ...SEGMENT_FIELDS.flatMap(([selector, base, limit, access], at) => {
        const word = STATE.SEGMENTS + at * STATE.SEGMENT_STRIDE;
        return [
          [selector, word + STATE.SEGMENT_SELECTOR, 1],
          [base, word + STATE.SEGMENT_BASE, 2],
          [limit, word + STATE.SEGMENT_LIMIT, 1],
          [access, word + STATE.SEGMENT_ACCESS, 1],
        ] as const;
      }),
    ]);
    return this.plan;
  }

  /** Puts what an emulated instruction changed where it lives while the guest runs. */
  commit(v: VmcsView, state: VmxVcpuState): void {
    const s = this.file.s;
    const to = this.silicon.s;
    to.set(s.subarray(STATE.GPR, STATE.GPR + 32), STATE.GPR);
    v.set(F.guestRsp, s[STATE.GPR + 8]!, s[STATE.GPR + 9]!);
    this.commitControlRegisters(v, state);
    for (const word of SHARED_WORDS) to[word] = s[word]!;
    v.set(F.guestIa32Efer, s[STATE.EFER]!, 0);
    const long = (s[STATE.EFER]! & EFER_LMA) !== 0;
    const entry = v.lo(F.vmEntryControls);
    v.set(F.vmEntryControls, long ? entry | ENTRY_IA32E : entry & ~ENTRY_IA32E, 0);
    if (long) useLongTaskState(v);
    v.set(F.guestFsBase, s[FS_BASE]!, s[FS_BASE + 1]!);
    v.set(F.guestGsBase, s[GS_BASE]!, s[GS_BASE + 1]!);
    for (const [word, field] of this.fieldWords) v.set(field, s[word]!, s[word + 1]!);
    if (to[PKRS] !== s[PKRS]) this.onControlRegisterChange();
    for (const word of this.hardwareWords) {
      to[word] = s[word]!;
      to[word + 1] = s[word + 1]!;
    }
    // The guest's counter is silicon's with what the guest has adjusted.
    if (!state.guestMode) v.set(F.tscOffset, s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
  }

  /** The same with everything that an INIT or a start-up IPI sets. */
  settleAll(v: MemoryVmcs, state: VmxVcpuState): void {
    const { s } = this.file;
    this.commit(v, state);
    storeFields(v, this.planFor(v), s);
    for (const [base, limit, word] of TABLES) {
      v.set(base, s[word]!, s[word + 1]!);
      v.set(limit, s[word + 2]!, 0);
    }
    v.set(F.guestRip, s[STATE.RIP]!, s[STATE.RIP + 1]!);
    v.set(F.guestRflags, readRflags(s), 0);
  }

  private commitControlRegisters(v: VmcsView, state: VmxVcpuState): void {
    const s = this.file.s;
    const changed =
      s[STATE.CR0] !== (state.guestMode ? v.lo(F.guestCr0) : v.lo(F.cr0ReadShadow)) ||
      s[STATE.CR4] !== (state.guestMode ? v.lo(F.guestCr4) : v.lo(F.cr4ReadShadow)) ||
      s[STATE.CR3] !== v.lo(F.guestCr3);
    if (!changed) return;
    v.set(F.guestCr3, s[STATE.CR3]!, s[STATE.CR3 + 1]!);
    if (state.guestMode) {
      v.set(F.guestCr0, s[STATE.CR0]!, 0);
      v.set(F.guestCr4, s[STATE.CR4]!, 0);
    } else {
      // Silicon in VMX operation wants NE and VMXE; L1 reads what it wrote.
      v.set(F.guestCr0, s[STATE.CR0]! | CR0_NE, 0);
      v.set(F.cr0ReadShadow, s[STATE.CR0]!, 0);
      v.set(F.guestCr4, s[STATE.CR4]! | CR4_VMXE, 0);
      v.set(F.cr4ReadShadow, s[STATE.CR4]!, 0);
    }
    for (let at = 0; at < 4; at++) v.set(PDPTES[at]!, s[STATE.PDPTE + at * 2]!, s[STATE.PDPTE + at * 2 + 1]!);
    this.onControlRegisterChange();
  }

  /**
   * Does a privileged instruction of the guest on the register file.
   * @returns false when it faulted; `owedException` has the fault
   */
  execute(v: MemoryVmcs, lone: LoneInstruction, state: VmxVcpuState): boolean {
    this.sync(v, state);
    this.forgetAll();
    const { page } = this.file.apic;
    if (!executeAlone(this.file, lone)) return false;
    this.commit(v, state);
    if (this.file.apic.page !== page) this.onApicMoved(this.file.apic.page);
    return true;
  }

  /** WRMSR by L0 for the guest; false where it would be #GP. */
  writeMsr(v: VmcsView, index: number, value: bigint, state: VmxVcpuState): boolean {
    const ok = writeMsr(this.file, index, lo32(value), hi32(value));
    if (ok) this.commit(v, state);
    return ok;
  }
}
