import {
  ACCESS_READ,
  ACCESS_WRITE,
  type Bus,
  type CpuModel,
  Engine,
  FAULT_NONE,
  type PhysicalMemory,
  Processor,
  readMsr,
  STATE,
  type TraceSink,
  writeMsr,
} from "@hvdiff/cpu";
import type { RootPlatform } from "@hvdiff/machine";
import { lo32 } from "@hvdiff/spec";
import { GuestAddressSpace } from "./guest-address-space.ts";
import { hostAddress } from "./host-layout.ts";
import type { OwedException } from "./l0-state.ts";

const VECTOR_PAGE_FAULT = 14;
const PAGE = 4096;

/** Where the registers of a virtual processor are while its hypervisor has the processor. */
export interface RegisterHome {
  readonly silicon: Processor;
  readonly memory: PhysicalMemory;
  /** Number of the state area for what silicon does not hold. */
  readonly area: number;
}

export function registerHome(platform: RootPlatform, index: number): RegisterHome {
  return { silicon: platform.processors[index]!, memory: platform.memory, area: platform.stateArea(index) };
}

/**
 * L1's registers as L0 keeps them, on a processor that never runs: the same register rules as silicon (MSR legalization, CPUID, control
 * register checks, page walks), but with the CPU model that L1 is shown, over L1's memory. Its state area lies in the machine's flat
 * memory beside silicon's, so a clone takes it along. How registers come into it and leave it again is the extension's business.
 */
export class GuestRegisterFile {
  readonly file: Processor;
  readonly space: GuestAddressSpace;
  protected readonly engine: Engine;
  protected readonly silicon: Processor;
  private readonly memory: PhysicalMemory;
  private readonly ram: number;
  /** L1 has moved its local APIC to the page at this address, or switched it off (-1). */
  onApicMoved: (page: number) => void = () => {};
  /** Linear translations of the guest are stale: L0 tells silicon. */
  onControlRegisterChange: () => void = () => {};

  constructor(home: RegisterHome, model: CpuModel, ram: number, trace: TraceSink | null, bus: Bus) {
    this.silicon = home.silicon;
    this.memory = home.memory;
    this.ram = ram;
    this.file = new Processor(home.area, model, home.memory, bus, home.silicon.index);
    this.space = new GuestAddressSpace(this.file, ram);
    this.file.secondStage = this.space;
    this.file.trace = trace;
    this.engine = new Engine(this.file, null);
  }

  /** The exception of the last failed access or instruction. Whoever delivers a page fault to the guest loads CR2 from the halves. */
  owedException(): OwedException {
    const { vector, errorCode, payloadLow, payloadHigh } = this.file.exception;
    const hasPayload = vector === VECTOR_PAGE_FAULT;
    this.file.fault = FAULT_NONE;
    return { vector, errorCode, low: hasPayload ? payloadLow : 0, high: hasPayload ? payloadHigh : 0 };
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

  writePhysical64(address: number, value: bigint): void {
    this.memory.write64(hostAddress(address, this.ram), value);
  }

  resumeFrom(other: GuestRegisterFile): void {
    this.file.resumeFrom(other.file);
  }

  protected forgetAll(): void {
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

  /** Whether L1 has memory at an address. */
  isBacked(address: number): boolean {
    return this.memory.isRam(Math.floor(hostAddress(address, this.ram) / PAGE));
  }

  /** 32 bits of L1-physical memory, signed; -1 where there is none. */
  read32(address: number): number {
    return this.memory.read32(hostAddress(address, this.ram));
  }

  write32(address: number, value: number): void {
    this.memory.write32(hostAddress(address, this.ram), value);
  }
}
