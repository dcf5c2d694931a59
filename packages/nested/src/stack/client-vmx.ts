import type { PhysicalMemory } from "@hvdiff/cpu";
import { EVMCS_VERSION, encodingOf, VMCS_FIELD_NAMES } from "@hvdiff/spec";
import {
  createVmcsLayout,
  FAIL_INVALID,
  failValid,
  type InveptOperands,
  type InvvpidOperands,
  type RootVmx,
  type ShadowListener,
  SUCCEED,
  type VmcsLayout,
  type VmxCapabilities,
  type VmxOutcome,
} from "@hvdiff/vmx";
import { F } from "../fields.ts";
import { CLIENT } from "../host-layout.ts";
import { SHADOW_INDICATOR } from "../shadow-pages.ts";
import { AssistPage, enlightenedAccess } from "./client-evmcs.ts";
import { ClientFailure, type ClientInstructions, type Completion } from "./client-instructions.ts";
import type { ClientInstruction } from "./client-page.ts";
import { ClientVmcs, type FieldAccess, type FieldValue } from "./client-vmcs.ts";

const FOUR_GIB = 0x1_0000_0000;
const NO_VMCS = -1;
const FLUSH_GUEST_PHYSICAL = 0xaf;

function hex(value: number): string {
  return `${value.toString(16).toUpperCase()}H`;
}

const NONE: readonly [number, number] = [0, 0];

/** VMX of the processor that the one below offers, by its instructions. */
export class ClientVmx implements RootVmx {
  readonly capabilities: VmxCapabilities;
  readonly failedCheck: string | null = null;
  guestTraceLevel = 0;
  /** Nobody tells: what a guest's guest does without an exit is the business of who runs on silicon. */
  shadowListener: ShadowListener | null = null;
  /** The current VMCS. */
  current: ClientVmcs | null = null;
  private readonly memory: PhysicalMemory;
  private readonly layout: VmcsLayout;
  private readonly instructions: ClientInstructions;
  private readonly takePage: () => number;
  private readonly views = new Map<number, ClientVmcs>();
  /** Where it says which enlightened VMCS is current; null where it uses none. */
  private assist: AssistPage | null = null;
  /** Page of the input of the hypercall that flushes; 0 where it executes INVEPT. */
  private flushInput = 0;

  /** @param takePage gives a page for what is known of a VMCS */
  constructor(
    memory: PhysicalMemory,
    capabilities: VmxCapabilities,
    instructions: ClientInstructions,
    takePage: () => number,
  ) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.layout = createVmcsLayout(capabilities);
    this.instructions = instructions;
    this.takePage = takePage;
  }

  /** From now on VMCSs are enlightened ones, and this page tells the processor below which one is current. */
  useEnlightened(assistPage: number): void {
    this.assist = new AssistPage(this.memory, assistPage);
  }

  /** From now on a hypercall with its input in this page takes the place of INVEPT. */
  flushByHypercall(inputPage: number): void {
    this.flushInput = inputPage;
  }

  get vmcsRevision(): number {
    return this.assist === null ? this.capabilities.revisionId : EVMCS_VERSION;
  }

  vmxon(address: number): VmxOutcome {
    const outcome = this.withPointer("vmxon", address);
    if (outcome.kind === "succeed") return outcome;
    const [region, processor] = [this.memory.read32(address) >>> 0, this.capabilities.revisionId];
    throw new ClientFailure(
      `its VMXON fails: the region begins with ${hex(region)}, the revision is ${hex(processor)}`,
    );
  }

  vmclear(address: number): VmxOutcome {
    return this.withPointer("vmclear", address);
  }

  vmptrld(address: number): VmxOutcome {
    if (this.current?.region === address) return SUCCEED;
    this.current?.flush();
    const outcome = this.assist === null ? this.withPointer("vmptrld", address) : this.assist.use(address);
    if (outcome.kind === "succeed") this.current = this.vmcsAt(address);
    return outcome;
  }

  vmcsAt(address: number): ClientVmcs {
    let view = this.views.get(address);
    if (view === undefined) {
      view = new ClientVmcs(
        this.memory,
        this.layout,
        { region: address, page: this.takePage() },
        this.accessOf(address),
      );
      this.views.set(address, view);
    }
    return view;
  }

  /** The processor has run with the current VMCS and made a VM exit. */
  noteExit(): void {
    for (const view of this.views.values()) {
      if (view === this.current) view.changedByExit();
      // What a guest does to its own VMCS without an exit changes the shadow VMCS that stands for it.
      else if (this.isShadow(view.region)) view.forget();
    }
  }

  /**
   * VMREAD and VMWRITE act on the current VMCS: another is made current for them. A field that the level below does not have is taken as 0, as
   * long as nothing else is wanted of it.
   */
  private accessOf(region: number): FieldAccess {
    if (this.assist !== null) return enlightenedAccess(this.memory, region);
    return {
      read: (fields) => this.whileCurrent(region, () => fields.map((index) => [index, ...this.readField(index)])),
      write: (values) =>
        this.whileCurrent(region, () => {
          for (const value of values) this.writeField(value);
        }),
    };
  }

  private readField(index: number): readonly [low: number, high: number] {
    return this.field("vmread", index, NONE)?.rax ?? NONE;
  }

  private writeField([index, low, high]: FieldValue): void {
    if (this.field("vmwrite", index, [low, high]) === null && (low !== 0 || high !== 0))
      throw new ClientFailure(`its VMWRITE of ${VMCS_FIELD_NAMES[index]} fails`);
  }

  private isShadow(region: number): boolean {
    return (this.memory.read32(region) & SHADOW_INDICATOR) !== 0;
  }

  /** A shadow VMCS is left by VMCLEAR: it must not be active when the processor uses it. */
  private whileCurrent<T>(region: number, work: () => T): T {
    const before = this.current?.region ?? NO_VMCS;
    if (before === region) return work();
    this.withPointer("vmptrld", region);
    const result = work();
    if (this.isShadow(region)) this.withPointer("vmclear", region);
    if (before !== NO_VMCS) this.withPointer("vmptrld", before);
    return result;
  }

  /** Takes to the processor what VM entry goes by: the current VMCS, and shadow VMCSs that have changed. */
  flush(): void {
    for (const view of this.views.values()) if (this.isShadow(view.region)) view.flush(true);
    this.current?.flush();
  }

  /** Null where the instruction fails. */
  private field(name: "vmread" | "vmwrite", index: number, rax: readonly [number, number]): Completion | null {
    const done = this.execute(name, { rax, rcx: [encodingOf(VMCS_FIELD_NAMES[index]!), 0] });
    return done.carry || done.zero ? null : done;
  }

  invept({ typeLow, eptpLow, eptpHigh }: InveptOperands): VmxOutcome {
    if (this.flushInput !== 0) return this.flushGuestPhysical(eptpLow, eptpHigh);
    this.writeOperands(eptpLow, eptpHigh, 0, 0);
    return this.outcomeOf(this.execute("invept", { rcx: [typeLow, 0] }));
  }

  /** HvCallFlushGuestPhysicalAddressSpace: the tables, and flags. */
  private flushGuestPhysical(eptpLow: number, eptpHigh: number): VmxOutcome {
    this.memory.write32(this.flushInput, eptpLow & ~0xfff);
    this.memory.write32(this.flushInput + 4, eptpHigh);
    const done = this.execute("vmcall", { rcx: [FLUSH_GUEST_PHYSICAL, 0], rdx: [this.flushInput, 0] });
    if (done.rax[0] !== 0) throw new ClientFailure(`its hypercall to flush returns status ${done.rax[0]}`);
    return SUCCEED;
  }

  invvpid({ typeLow, descriptorLow, descriptorHigh, linearLow, linearHigh }: InvvpidOperands): VmxOutcome {
    this.writeOperands(descriptorLow, descriptorHigh, linearLow, linearHigh);
    return this.outcomeOf(this.execute("invvpid", { rcx: [typeLow, 0] }));
  }

  private withPointer(name: "vmxon" | "vmclear" | "vmptrld", address: number): VmxOutcome {
    this.writeOperands(address | 0, Math.floor(address / FOUR_GIB), 0, 0);
    return this.outcomeOf(this.execute(name));
  }

  private writeOperands(...words: readonly number[]): void {
    words.forEach((word, at) => {
      this.memory.write32(CLIENT.operands + at * 4, word);
    });
  }

  private execute(name: ClientInstruction, operands = {}): Completion {
    const done = this.instructions.execute(name, operands);
    if (done.vector >= 0) throw new ClientFailure(`its ${name.toUpperCase()} raises exception ${done.vector}`);
    return done;
  }

  private outcomeOf({ carry, zero }: Completion): VmxOutcome {
    if (carry) return FAIL_INVALID;
    return zero ? failValid(this.current === null ? 0 : this.current.lo(F.vmInstructionError)) : SUCCEED;
  }
}
