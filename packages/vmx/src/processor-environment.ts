import { type Processor, STATE, VM } from "@hvdiff/cpu";
import type { VmxCapabilities } from "./capabilities.ts";
import type { ExecutingContext, VmxEnvironment } from "./environment.ts";
import { MemoryVmcs } from "./memory-vmcs.ts";
import type { VmxValue } from "./outcome.ts";
import type { VmxPolicy } from "./policy.ts";
import * as W from "./state.ts";
import type { VmcsLayout } from "./vmcs-layout.ts";

const CS_ACCESS = STATE.SEGMENTS + STATE.CS * STATE.SEGMENT_STRIDE + STATE.SEGMENT_ACCESS;
const LONG = 1 << 13;
const BLOCKED_BY_STI = 1;
const BLOCKED_BY_MOV_SS = 2;
/** Some page; the view attached to it is never used. */
const NO_ADDRESS = -4096;
const MAXIMUM_VIEWS = 16;

/** The running context of a processor, for permission checks. */
class ProcessorContext implements ExecutingContext {
  private readonly s: Int32Array;
  private readonly featureControlWord: number;

  constructor(processor: Processor, featureControlWord: number) {
    this.s = processor.s;
    this.featureControlWord = featureControlWord;
  }

  get cr0(): number {
    return this.s[STATE.CR0]!;
  }

  get cr4(): number {
    return this.s[STATE.CR4]!;
  }

  get cpl(): number {
    return this.s[STATE.CPL]!;
  }

  get efer(): number {
    return this.s[STATE.EFER]!;
  }

  get isVirtual8086(): boolean {
    return (this.s[STATE.FLAG_SYSTEM]! & VM) !== 0;
  }

  get isCodeSegment64Bit(): boolean {
    return (this.s[CS_ACCESS]! & LONG) !== 0;
  }

  get isBlockedByMovSs(): boolean {
    return (this.s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_MOV_SS) !== 0;
  }

  get isBlockedBySti(): boolean {
    return (this.s[STATE.INTERRUPTIBILITY]! & BLOCKED_BY_STI) !== 0;
  }

  get featureControl(): number {
    return this.featureControlWord < 0 ? 0 : this.s[this.featureControlWord]!;
  }
}

/** What invalidation instructions do to the processor's translation caches. */
export interface Invalidation {
  invalidateEpt(all: boolean, eptpLow: number, eptpHigh: number): void;
  invalidateVpid(type: number, vpid: number, linearLow: number, linearHigh: number): void;
}

/** The VMX environment of the silicon itself. */
export class ProcessorVmxEnvironment implements VmxEnvironment {
  readonly capabilities: VmxCapabilities;
  readonly policy: VmxPolicy;
  readonly context: ExecutingContext;
  readonly value: VmxValue = { kind: "value", lo: 0, hi: 0 };
  /** View of the current VMCS; of the last one while none is. */
  current: MemoryVmcs;
  /** Set by `Vmx`. */
  invalidation: Invalidation | null = null;
  private readonly views = new Map<number, MemoryVmcs>();
  private readonly layout: VmcsLayout;
  private readonly c: Processor;

  constructor(
    processor: Processor,
    options: { readonly capabilities: VmxCapabilities; readonly policy: VmxPolicy; readonly layout: VmcsLayout },
    featureControlWord: number,
  ) {
    this.c = processor;
    this.capabilities = options.capabilities;
    this.policy = options.policy;
    this.context = new ProcessorContext(processor, featureControlWord);
    this.layout = options.layout;
    this.current = new MemoryVmcs(processor.memory, options.layout, NO_ADDRESS);
  }

  get inVmxOperation(): boolean {
    return this.c.s[W.IN_VMX] !== 0;
  }

  set inVmxOperation(on: boolean) {
    this.c.s[W.IN_VMX] = on ? 1 : 0;
    this.c.s[STATE.VIRTUALIZATION_MODE] = on ? 1 : 0;
  }

  get vmxonPointer(): number {
    return this.c.f64[W.VMXON_POINTER]! - 1;
  }

  set vmxonPointer(address: number) {
    this.c.f64[W.VMXON_POINTER] = address + 1;
  }

  get currentPointer(): number {
    return this.c.f64[W.CURRENT_POINTER]! - 1;
  }

  set currentPointer(address: number) {
    this.c.f64[W.CURRENT_POINTER] = address + 1;
  }

  readRevision(address: number): number {
    return this.c.memory.read32(address);
  }

  currentVmcs(): MemoryVmcs | null {
    const pointer = this.currentPointer;
    if (pointer === -1) return null;
    if (this.current.address !== pointer) this.current = this.vmcsAt(pointer)!;
    return this.current;
  }

  vmcsAt(address: number): MemoryVmcs | null {
    const known = this.views.get(address);
    if (known !== undefined) return known;
    if (this.c.memory.frameOffset(address / 4096) < 0) return null;
    if (this.views.size >= MAXIMUM_VIEWS) this.views.clear();
    const view = new MemoryVmcs(this.c.memory, this.layout, address);
    this.views.set(address, view);
    return view;
  }

  isLaunched(address: number): boolean {
    return this.vmcsAt(address)?.launched ?? false;
  }

  setLaunched(address: number, launched: boolean): void {
    const vmcs = this.vmcsAt(address);
    if (vmcs !== null) vmcs.launched = launched;
  }

  /** VMCS data always lies in memory. */
  writeBack(): void {}

  invalidateEpt(all: boolean, eptpLow: number, eptpHigh: number): void {
    this.invalidation?.invalidateEpt(all, eptpLow, eptpHigh);
  }

  invalidateVpid(type: number, vpid: number, linearLow: number, linearHigh: number): void {
    this.invalidation?.invalidateVpid(type, vpid, linearLow, linearHigh);
  }

  /** Looks up again where regions lie, after the memory was copied from another. */
  forgetAddresses(): void {
    this.views.clear();
    this.current = new MemoryVmcs(this.c.memory, this.layout, NO_ADDRESS);
  }
}
