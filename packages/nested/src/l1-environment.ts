import type { PhysicalMemory } from "@hvdiff/cpu";
import { STATE } from "@hvdiff/cpu";
import {
  CHANGED_ALL,
  createVmcsLayout,
  type ExecutingContext,
  type FieldOffsets,
  MemoryVmcs,
  VMCS_LAUNCH_STATE,
  type VmcsLayout,
  type VmxCapabilities,
  type VmxEnvironment,
  type VmxPolicy,
  type VmxValue,
} from "@hvdiff/vmx";
import { type CopyKind, copyKind } from "./accounting.ts";
import type { GuestCpu } from "./guest-cpu.ts";
import { hostAddress, isGuestRam, PAGE } from "./host-layout.ts";
import { type PagePoolState, takePage } from "./page-pool.ts";
import { dropShadows } from "./shadow-ept.ts";
import type { VmxVcpuState } from "./vmx-vcpu-state.ts";

const IA32_FEATURE_CONTROL = 0x3a;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
const TAKEN = copyKind("vmcs12-memory", "vmcs12");
const RETURNED = copyKind("vmcs12", "vmcs12-memory");
const SHADOW_TAKEN = copyKind("shadow-vmcs12-memory", "shadow-vmcs12");
const SHADOW_RETURNED = copyKind("shadow-vmcs12", "shadow-vmcs12-memory");

/** What L1's VMX instructions act on: L1's VMX operation as L0 keeps it, and vmcs12s in L1's memory. */
export class L1Environment implements VmxEnvironment {
  readonly capabilities: VmxCapabilities;
  readonly policy: VmxPolicy;
  readonly value: VmxValue = { kind: "value", lo: 0, hi: 0 };
  /** Called after anything that must reach silicon's TLB: L0 issues the real INVEPT or INVVPID. */
  onInvalidate: (kind: "ept" | "vpid") => void = () => {};
  /** Called when another VMCS becomes the current one, or none (-1), and before the current one is written back. */
  onCurrent: (pointer: number) => void = () => {};
  onWriteBack: (current: MemoryVmcs) => void = () => {};
  /** Called when a page of L1 has been copied, or a copy has been written back. */
  onCopy: (kind: CopyKind, why: string) => void = () => {};
  private readonly guest: GuestCpu;
  private readonly memory: PhysicalMemory;
  private readonly ram: number;
  /** Null where L1 is offered no VMX: then nothing ever asks for a VMCS. */
  private readonly layout: VmcsLayout | null;
  private current: MemoryVmcs | null = null;
  private shadow: MemoryVmcs | null = null;
  /** Fields that a VMCS of L1 has. */
  readonly fieldCount: number;
  private readonly getState: () => VmxVcpuState;
  private readonly keepsCopy: boolean = false;
  private readonly getPool: () => PagePoolState;
  private readonly featureControl: () => number;
  readonly context: ExecutingContext;
  /** Set by L0 before it emulates: what blocks L1. */
  interruptibility = 0;

  constructor(
    guest: GuestCpu,
    memory: PhysicalMemory,
    ram: number,
    rules: {
      capabilities: VmxCapabilities;
      policy: VmxPolicy;
      keepsCopy: boolean;
      fieldOffsets: FieldOffsets;
      state: () => VmxVcpuState;
      pool: () => PagePoolState;
      featureControl: () => number;
    },
  ) {
    this.guest = guest;
    this.memory = memory;
    this.ram = ram;
    this.capabilities = rules.capabilities;
    this.policy = rules.policy;
    this.getState = rules.state;
    this.getPool = rules.pool;
    this.featureControl = rules.featureControl;
    this.layout = rules.capabilities.regionSize === 0 ? null : createVmcsLayout(rules.capabilities, rules.fieldOffsets);
    this.fieldCount = this.layout?.lowMask.filter((mask) => mask !== 0).length ?? 0;
    this.keepsCopy = rules.keepsCopy;
    this.context = this.executingContext();
  }

  private executingContext(): ExecutingContext {
    const s = this.guest.file.s;
    const self = this;
    return {
      get cr0() {
        return s[STATE.CR0]!;
      },
      get cr4() {
        return s[STATE.CR4]!;
      },
      get cpl() {
        return s[STATE.CPL]!;
      },
      get efer() {
        return s[STATE.EFER]!;
      },
      get isVirtual8086() {
        return (s[STATE.FLAG_SYSTEM]! & (1 << 17)) !== 0;
      },
      get isCodeSegment64Bit() {
        return (s[STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS]! & (1 << 13)) !== 0;
      },
      get isBlockedByMovSs() {
        return (self.interruptibility & BLOCKED_BY_MOV_SS) !== 0;
      },
      get isBlockedBySti() {
        return (self.interruptibility & BLOCKED_BY_STI) !== 0;
      },
      get featureControl() {
        return self.featureControl();
      },
    };
  }

  get inVmxOperation(): boolean {
    return this.getState().vmxOn;
  }

  set inVmxOperation(on: boolean) {
    this.getState().vmxOn = on;
  }

  get vmxonPointer(): number {
    return this.getState().vmxonPointer;
  }

  set vmxonPointer(address: number) {
    this.getState().vmxonPointer = address;
  }

  get currentPointer(): number {
    return this.getState().currentPointer;
  }

  set currentPointer(address: number) {
    const state = this.getState();
    if (this.keepsCopy && address !== -1 && address !== state.currentPointer) this.takeCopy(state, address);
    const isAnother = address !== state.currentPointer;
    state.currentPointer = address;
    if (isAnother) this.onCurrent(address);
    // Anybody may have stored to the page before.
    this.current?.note(CHANGED_ALL);
  }

  private takeCopy(state: VmxVcpuState, address: number): void {
    if (state.vmcs12Copy === 0) state.vmcs12Copy = takePage(this.getPool(), this.memory);
    this.copyPage(hostAddress(address, this.ram), state.vmcs12Copy);
    this.onCopy(TAKEN, "VMPTRLD");
  }

  private copyPage(from: number, to: number): void {
    this.memory.writeBytes(to, this.memory.readBytes(from, PAGE));
  }

  /** L2 is about to run, and may access the shadow VMCS: L0 works on a copy, as with vmcs12. */
  takeShadow(address: number): void {
    const state = this.getState();
    if (!this.keepsCopy || !isGuestRam(address, this.ram)) return;
    if (state.shadowCopy === 0) state.shadowCopy = takePage(this.getPool(), this.memory);
    this.copyPage(hostAddress(address, this.ram), state.shadowCopy);
    state.shadowPointer = address;
    this.onCopy(SHADOW_TAKEN, "L2 is entered");
  }

  /** L1 is about to run, and may access the shadow VMCS as its own. */
  returnShadow(): void {
    const state = this.getState();
    if (state.shadowPointer === -1) return;
    this.copyPage(state.shadowCopy, hostAddress(state.shadowPointer, this.ram));
    state.shadowPointer = -1;
    this.onCopy(SHADOW_RETURNED, "L2 exits to L1");
  }

  readRevision(address: number): number {
    return this.guest.read32(address);
  }

  currentVmcs(): MemoryVmcs | null {
    const pointer = this.getState().currentPointer;
    return pointer === -1 ? null : this.vmcsAt(pointer);
  }

  /** After a clone: the view points into another memory's frames. */
  reattach(): void {
    this.current = null;
    this.shadow = null;
  }

  /** For an enlightened VMCS L0 keeps a vmcs12 of its own, for the current one perhaps a copy. */
  private hostOf(address: number): number {
    const { active, page } = this.getState().enlightened;
    if (address === active) return page;
    return this.isCopied(address) ? this.getState().vmcs12Copy : hostAddress(address, this.ram);
  }

  /** Whether L0 works on a copy of the VMCS at an address. */
  isCopied(address: number): boolean {
    const { currentPointer, enlightened } = this.getState();
    return this.keepsCopy && address === currentPointer && address !== enlightened.active;
  }

  /** The VMCS at an L1-physical address. The last one is kept, since nearly all uses are of the current VMCS. */
  vmcsAt(address: number): MemoryVmcs | null {
    const host = this.hostOf(address);
    if (this.current?.address === host) return this.current;
    if (this.layout === null || !this.memory.isRam(Math.floor(host / PAGE))) return null;
    this.current = new MemoryVmcs(this.memory, this.layout, host);
    return this.current;
  }

  /** The shadow VMCS at an L1-physical address. */
  shadowAt(address: number): MemoryVmcs | null {
    const { shadowPointer, shadowCopy } = this.getState();
    const host = address === shadowPointer ? shadowCopy : hostAddress(address, this.ram);
    if (this.shadow?.address === host) return this.shadow;
    if (this.layout === null || !this.memory.isRam(Math.floor(host / PAGE))) return null;
    this.shadow = new MemoryVmcs(this.memory, this.layout, host);
    return this.shadow;
  }

  isLaunched(address: number): boolean {
    return this.vmcsAt(address)?.launched === true;
  }

  setLaunched(address: number, launched: boolean): void {
    // VMCLEAR has written it back: the copy is not of interest any more.
    if (this.isCopied(address) && !launched) this.memory.write8(hostAddress(address, this.ram) + VMCS_LAUNCH_STATE, 0);
    const vmcs = this.vmcsAt(address);
    if (vmcs !== null) vmcs.launched = launched;
  }

  writeBack(address: number): void {
    if (address === this.getState().currentPointer) this.onWriteBack(this.currentVmcs()!);
    if (!this.isCopied(address)) return;
    this.copyPage(this.getState().vmcs12Copy, hostAddress(address, this.ram));
    this.onCopy(RETURNED, "L1 leaves it");
  }

  invalidateEpt(all: boolean, eptpLow: number, eptpHigh: number): void {
    const state = this.getState();
    const eptp = BigInt(eptpLow >>> 0) | (BigInt(eptpHigh >>> 0) << 32n);
    dropShadows(this.memory, this.getPool(), state.shadows, all ? null : eptp);
    this.onInvalidate("ept");
  }

  invalidateVpid(): void {
    this.onInvalidate("vpid");
  }
}

export const FEATURE_CONTROL_MSR = IA32_FEATURE_CONTROL;
