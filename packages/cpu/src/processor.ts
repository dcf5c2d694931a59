import { LocalApic } from "./apic/local-apic.ts";
import type { AccessWatcher, Bus, TraceSink } from "./bus.ts";
import { isEnforced } from "./enforcement/cet-state.ts";
import { Mmu } from "./mmu.ts";
import type { CpuModel } from "./models/model.ts";
import { createWalkState, type WalkState } from "./page-walk.ts";
import type { PhysicalMemory } from "./physical-memory.ts";
import { NO_OPS, RegisterState } from "./register-state.ts";
import type { SavedTlb } from "./saved-tlb.ts";
import { loadAs, probeWrite, storeAs } from "./slow-access.ts";
import * as S from "./state-layout.ts";
import { type StopReason, unimplementedStop } from "./stop-reason.ts";
import { resetSystemState } from "./system/reset.ts";
import { dataTlbPart, tlbPart } from "./tlb-part.ts";
import {
  createPendingException,
  type EventBeingDelivered,
  type PendingException,
  type SecondStage,
  setPendingException,
  type VirtualizationExtension,
} from "./virtualization.ts";

/** Nothing is wrong. */
export const FAULT_NONE = 0;
/** `Processor.exception` waits for delivery. */
export const FAULT_EXCEPTION = 1;
/** A VM exit was made inside the instruction; root-mode state is loaded. */
export const FAULT_EXIT = 2;
/** The run cannot go on; `Processor.stop` says why. */
export const FAULT_STOP = 3;

const PAGE_LAST = 0xfff;

/** A processor as it was, but for memory frames. */
export interface SavedProcessor {
  readonly words: Int32Array;
  readonly tlb: SavedTlb;
  readonly stop: StopReason | null;
}

/**
 * One x86-64 logical processor: architectural state in flat memory, address translation, and what the instruction executors call.
 * `engine.ts` runs it. Values cross the hot path as pairs of signed 32-bit halves; `hi` carries the high half of a 64-bit result.
 */
export class Processor extends RegisterState {
  readonly index: number;
  /** Initial APIC id: what CPUID and the APIC report. */
  readonly apicId: number;
  readonly model: CpuModel;
  readonly memory: PhysicalMemory;
  readonly bus: Bus;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly mmu: Mmu;
  readonly apic: LocalApic;
  readonly walkState: WalkState = createWalkState();
  /** Bits of the high half of a paging-structure entry that belong to the address. */
  readonly addressHighMask: number;
  readonly gigabytePages: boolean;
  /** High half of the last 64-bit load or helper result. */
  hi = 0;
  /** One of `FAULT_*`; executors look at it after each access that may fail. */
  fault = FAULT_NONE;
  readonly exception: PendingException = createPendingException();
  /** The pending fault is a non-canonical address: #SS instead of #GP when it was through SS. */
  nonCanonical = false;
  stop: StopReason | null = null;
  delivering: EventBeingDelivered | null = null;
  /** An access by the processor itself (descriptor tables, TSS), which SMAP treats as if AC were 0. */
  implicitAccess = false;
  /** Word offset of the part of the TLB where data accesses of the running code look, and where fetches do. */
  tlb = 0;
  fetchTlb = 0;
  /** Control-flow enforcement looks at each instruction of the running code. */
  enforced = false;
  /** Grows whenever a cached block might no longer be what RIP means. */
  translationEpoch = 1;
  extension: VirtualizationExtension | null = null;
  /** Called when a guest is entered whose timer is due at a tick. */
  onGuestDeadline: (tick: number) => void = () => {};
  secondStage: SecondStage | null = null;
  /** Physical address of the page whose accesses the extension virtualizes; -1 for none. */
  apicAccessPage = -1;
  trace: TraceSink | null = null;
  /** Accesses so far to what is neither register nor memory and may act by itself: ports, devices, MSRs. */
  outsideAccesses = 0;
  /** VM exits made so far, and what else has ended an instruction like one. */
  exits = 0;
  /** Reads so far of what changes by itself but acts on nothing: clocks, random numbers. */
  clockReads = 0;
  /** A debugger that is told of every load and store. After a change: `selectTlbPart`. */
  watcher: AccessWatcher | null = null;

  /**
   * @param index number of this processor in its machine; selects its state area
   * @param model CPUID and capability MSRs
   * @param apicId initial APIC id, if it is not the index
   */
  constructor(index: number, model: CpuModel, memory: PhysicalMemory, bus: Bus, apicId = index) {
    super(memory.stateOf(index));
    this.index = index;
    this.apicId = apicId;
    this.model = model;
    this.memory = memory;
    this.bus = bus;
    this.view = memory.view;
    this.bytes = memory.bytes;
    this.addressHighMask = model.maxPhysicalAddress >= 52 ? 0xfffff : 2 ** (model.maxPhysicalAddress - 32) - 1;
    this.gigabytePages = model.gigabytePages;
    this.mmu = new Mmu(this);
    this.apic = new LocalApic(this);
    this.s[S.TLB_CONTEXT] = S.TLB;
    this.mmu.flushAll();
    resetSystemState(this);
  }

  /** EFER.LMA and CS.L. */
  get in64BitMode(): boolean {
    return (this.s[S.EFER]! & (1 << 10)) !== 0 && (this.s[S.SEGMENTS + S.CS * 8 + S.SEGMENT_ACCESS]! & (1 << 13)) !== 0;
  }

  /** After any change of CPL, translation context, CR0, CR3, CR4, EFER or CS: recompute what depends on them. */
  translationChanged(): void {
    this.translationEpoch++;
    this.enforced = isEnforced(this);
    this.selectTlbPart();
  }

  /** After a change of RFLAGS.AC or the debug registers that `translationChanged` does not follow. */
  selectTlbPart(): void {
    this.fetchTlb = tlbPart(this, this.s[S.CPL] === 3);
    this.tlb = dataTlbPart(this, this.fetchTlb);
  }

  /** Makes TLB context `index` the running one. */
  selectTlbContext(index: number): void {
    this.s[S.TLB_CONTEXT] = S.TLB + index * S.TLB_CONTEXT_WORDS;
    this.translationChanged();
  }

  /** After the memory of another machine was copied over this one's: takes over what does not lie in memory. */
  resumeFrom(other: Processor): void {
    this.blockOps = NO_OPS;
    this.fault = FAULT_NONE;
    this.stop = other.stop;
    this.delivering = null;
    this.mmu.forgetJournal();
    this.apic.modeChanged();
    this.translationChanged();
  }

  /** What does not lie in memory frames, for `restore`. */
  save(): SavedProcessor {
    return { words: this.s.slice(0, S.TLB), tlb: this.mmu.save(), stop: this.stop };
  }

  /** Becomes what it was, after the memory frames have. */
  restore({ words, tlb, stop }: SavedProcessor): void {
    this.s.set(words);
    this.blockOps = NO_OPS;
    this.fault = FAULT_NONE;
    this.stop = stop;
    this.delivering = null;
    this.mmu.restore(tlb);
    this.apic.modeChanged();
    this.translationChanged();
  }

  /** Raises an exception. It is delivered when the instruction returns `STATUS_ABORTED`. */
  raise(vector: number, errorCode = -1, payloadLow = 0, payloadHigh = 0): void {
    this.fault = FAULT_EXCEPTION;
    this.nonCanonical = false;
    setPendingException(this.exception, vector, errorCode, payloadLow, payloadHigh);
  }

  /** A VM exit was made inside an instruction or an access. What an earlier exception left must not turn it into #SS. */
  noteExit(): void {
    this.exits++;
    this.fault = FAULT_EXIT;
    this.nonCanonical = false;
  }

  /** Stops the run, naming what the simulator does not implement. */
  stopUnimplemented(what: string, bytes: Uint8Array): void {
    this.fault = FAULT_STOP;
    this.stop = unimplementedStop(what, bytes);
  }

  // --- Linear memory. Loads return the low half; `fault` tells of failure. ---

  load8(low: number, high: number): number {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry] === (low & ~PAGE_LAST) && s[entry + 3] === high) return this.bytes[s[entry + 4]! + (low & PAGE_LAST)]!;
    return this.loadAs(low, high, 1, this.s[S.CPL] === 3);
  }

  load16(low: number, high: number): number {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xffe) {
      return this.view.getUint16(s[entry + 4]! + (low & PAGE_LAST), true);
    }
    return this.loadAs(low, high, 2, this.s[S.CPL] === 3);
  }

  load32(low: number, high: number): number {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xffc) {
      return this.view.getInt32(s[entry + 4]! + (low & PAGE_LAST), true);
    }
    return this.loadAs(low, high, 4, this.s[S.CPL] === 3);
  }

  /** Returns the low half and leaves the high half in `hi`. */
  load64(low: number, high: number): number {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xff8) {
      const at = s[entry + 4]! + (low & PAGE_LAST);
      this.hi = this.view.getInt32(at + 4, true);
      return this.view.getInt32(at, true);
    }
    return this.loadAs(low, high, 8, this.s[S.CPL] === 3);
  }

  store8(low: number, high: number, value: number): void {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + 1] === (low & ~PAGE_LAST) && s[entry + 3] === high)
      this.bytes[s[entry + 4]! + (low & PAGE_LAST)] = value;
    else this.storeAs(low, high, 1, value, 0, this.s[S.CPL] === 3);
  }

  store16(low: number, high: number, value: number): void {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + 1] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xffe) {
      this.view.setInt16(s[entry + 4]! + (low & PAGE_LAST), value, true);
    } else this.storeAs(low, high, 2, value, 0, this.s[S.CPL] === 3);
  }

  store32(low: number, high: number, value: number): void {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + 1] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xffc) {
      this.view.setInt32(s[entry + 4]! + (low & PAGE_LAST), value, true);
    } else this.storeAs(low, high, 4, value, 0, this.s[S.CPL] === 3);
  }

  store64(low: number, high: number, value: number, valueHigh: number): void {
    const s = this.s;
    const entry = this.tlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
    if (s[entry + 1] === (low & ~PAGE_LAST) && s[entry + 3] === high && (low & PAGE_LAST) <= 0xff8) {
      const at = s[entry + 4]! + (low & PAGE_LAST);
      this.view.setInt32(at, value, true);
      this.view.setInt32(at + 4, valueHigh, true);
    } else this.storeAs(low, high, 8, value, valueHigh, this.s[S.CPL] === 3);
  }

  probeWrite(low: number, high: number, size: number): boolean {
    return probeWrite(this, low, high, size);
  }

  loadAs(low: number, high: number, size: number, user: boolean): number {
    return loadAs(this, low, high, size, user);
  }

  storeAs(low: number, high: number, size: number, value: number, valueHigh: number, user: boolean): void {
    storeAs(this, low, high, size, value, valueHigh, user);
  }

  /** Whether a linear address with this high half is canonical for the paging mode. */
  isCanonical(high: number): boolean {
    const top = (this.s[S.CR4]! & (1 << 12)) !== 0 ? high >> 24 : high >> 15;
    return top === 0 || top === -1;
  }
}
