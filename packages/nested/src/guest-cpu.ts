import {
  ACCESS_READ,
  ACCESS_WRITE,
  type Bus,
  type CpuModel,
  Engine,
  executeAlone,
  FAULT_NONE,
  type LoneInstruction,
  type PhysicalMemory,
  Processor,
  readMsr,
  readRflags,
  STATE,
  type TraceSink,
  writeMsr,
  writeRflags,
} from "@hvdiff/cpu";
import { hi32, lo32 } from "@hvdiff/spec";
import { createFieldPlan, type FieldPlan, loadFields, type MemoryVmcs, type VmcsView } from "@hvdiff/vmx";
import { ENTRY_IA32E } from "./controls.ts";
import { F } from "./fields.ts";
import { GuestAddressSpace } from "./guest-address-space.ts";
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
import { hostAddress } from "./host-layout.ts";
import type { L0State, OwedException } from "./l0-state.ts";

const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const VECTOR_PAGE_FAULT = 14;
const EFER_LMA = 1 << 10;
const CR0_NE = 1 << 5;
const CR4_VMXE = 1 << 13;

/**
 * L1's registers as L0 keeps them, on a processor that never runs: the same register rules as silicon (MSR legalization, CPUID, control
 * register checks, page walks), but with the CPU model that L1 is shown, over L1's memory. Its state area lies in the machine's flat
 * memory beside silicon's, so a clone takes it along.
 */
export class GuestCpu {
  readonly file: Processor;
  private readonly engine: Engine;
  readonly space: GuestAddressSpace;
  private readonly silicon: Processor;
  private readonly memory: PhysicalMemory;
  private readonly ram: number;
  private readonly fieldWords: readonly (readonly [word: number, field: number])[];
  private readonly hardwareWords: readonly number[];
  private plan: FieldPlan | null = null;
  /** L1 has moved its local APIC to the page at this address, or switched it off (-1). */
  onApicMoved: (page: number) => void = () => {};
  /** Linear translations of the guest are stale: L0 tells silicon. */
  onControlRegisterChange: () => void = () => {};

  constructor(silicon: Processor, model: CpuModel, ram: number, trace: TraceSink | null, bus: Bus) {
    this.silicon = silicon;
    this.memory = silicon.memory;
    this.ram = ram;
    this.file = new Processor(silicon.memory.processors / 2 + silicon.index, model, silicon.memory, bus, silicon.index);
    this.space = new GuestAddressSpace(this.file, ram);
    this.file.secondStage = this.space;
    this.file.trace = trace;
    this.engine = new Engine(this.file, null);
    this.fieldWords = FIELD_MSRS.map(([name, field]) => [storageOf(name), field] as const);
    this.hardwareWords = HARDWARE_MSRS.map(storageOf);
  }

  /**
   * Does the guest's instruction at RIP on the register file, with L0's devices in its memory.
   * @returns false when it faulted; `owedException` has the fault
   */
  executeAtRip(v: MemoryVmcs, state: L0State): boolean {
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
  sync(v: MemoryVmcs, state: L0State): void {
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
  private commit(v: VmcsView, state: L0State): void {
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
    v.set(F.guestFsBase, s[FS_BASE]!, s[FS_BASE + 1]!);
    v.set(F.guestGsBase, s[GS_BASE]!, s[GS_BASE + 1]!);
    for (const [word, field] of this.fieldWords) v.set(field, s[word]!, s[word + 1]!);
    for (const word of this.hardwareWords) {
      to[word] = s[word]!;
      to[word + 1] = s[word + 1]!;
    }
    // The guest's counter is silicon's with what the guest has adjusted.
    if (!state.guestMode) v.set(F.tscOffset, s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
  }

  private commitControlRegisters(v: VmcsView, state: L0State): void {
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
  execute(v: MemoryVmcs, lone: LoneInstruction, state: L0State): boolean {
    this.sync(v, state);
    this.forgetAll();
    const { page } = this.file.apic;
    if (!executeAlone(this.file, lone)) return false;
    this.commit(v, state);
    if (this.file.apic.page !== page) this.onApicMoved(this.file.apic.page);
    return true;
  }

  /** The exception of the last failed access or instruction, for injection. CR2 is a register of silicon. */
  owedException(): OwedException {
    const { vector, errorCode, payloadLow, payloadHigh } = this.file.exception;
    if (vector === VECTOR_PAGE_FAULT) {
      this.silicon.s[STATE.CR2] = payloadLow;
      this.silicon.s[STATE.CR2 + 1] = payloadHigh;
    }
    this.file.fault = FAULT_NONE;
    return { vector, errorCode };
  }

  /** Low half of an MSR that only L0 knows. */
  msr(index: number): number {
    return lo32(readMsr(this.file, index) ?? 0n);
  }

  setMsr(index: number, value: number): void {
    writeMsr(this.file, index, value, 0);
  }

  /** RDMSR by L0 for the guest; undefined where it would be #GP. */
  readMsr(index: number): bigint | undefined {
    return readMsr(this.file, index);
  }

  /** WRMSR by L0 for the guest; false where it would be #GP. */
  writeMsr(v: VmcsView, index: number, value: bigint, state: L0State): boolean {
    const ok = writeMsr(this.file, index, lo32(value), hi32(value));
    if (ok) this.commit(v, state);
    return ok;
  }

  writePhysical64(address: number, value: bigint): void {
    this.memory.write64(hostAddress(address, this.ram), value);
  }

  resumeFrom(other: GuestCpu): void {
    this.file.resumeFrom(other.file);
  }

  private forgetAll(): void {
    const s = this.file.s;
    for (let entry = STATE.TLB; entry < STATE.TLB + STATE.TLB_CONTEXT_WORDS; entry += STATE.TLB_ENTRY_WORDS) {
      s[entry + ACCESS_READ] = 1;
      s[entry + ACCESS_WRITE] = 1;
    }
  }

  /**
   * Reads L1's linear memory through its page tables.
   * @returns the low half, high half in `file.hi`; null when an exception is pending in `file.exception`
   */
  read(low: number, high: number, size: number): number | null {
    this.forget(low);
    const value = this.file.loadAs(low, high, size, this.file.s[STATE.CPL] === 3);
    return this.file.fault === FAULT_NONE ? value : null;
  }

  /** Writes L1's linear memory. False when an exception is pending in `file.exception`. */
  write(low: number, high: number, size: number, value: number, valueHigh: number): boolean {
    this.forget(low);
    this.file.storeAs(low, high, size, value, valueHigh, this.file.s[STATE.CPL] === 3);
    return this.file.fault === FAULT_NONE;
  }

  /** L0 walks afresh each time: it has no business with translations of an earlier exit. */
  private forget(low: number): void {
    this.file.fault = FAULT_NONE;
    this.forgetPage(low);
    this.forgetPage((low + 0xfff) | 0);
  }

  private forgetPage(low: number): void {
    const s = this.file.s;
    const first = STATE.TLB + ((low >>> 12) & (STATE.TLB_ENTRIES - 1)) * STATE.TLB_ENTRY_WORDS;
    for (let entry = first; entry < STATE.TLB + STATE.TLB_CONTEXT_WORDS; entry += STATE.TLB_PART_WORDS) {
      s[entry + ACCESS_READ] = 1;
      s[entry + ACCESS_WRITE] = 1;
    }
  }

  /** 64 bits of L1-physical memory; all ones where there is none. */
  physical64(address: number): bigint {
    return this.memory.read64(hostAddress(address, this.ram));
  }

  physical8(address: number): number {
    return this.memory.read8(hostAddress(address, this.ram));
  }

  /** 32 bits of L1-physical memory, signed; -1 where there is none. */
  read32(address: number): number {
    return this.memory.read32(hostAddress(address, this.ram));
  }

  write32(address: number, value: number): void {
    this.memory.write32(hostAddress(address, this.ram), value);
  }
}
