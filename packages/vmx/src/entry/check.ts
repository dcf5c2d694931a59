import type { VmxCapabilities } from "../capabilities.ts";
import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { VmcsView } from "../vmcs-view.ts";

/** Physical memory as the checks see it: of the processor, or of the guest for whom VMX is emulated. */
export interface CheckMemory {
  /** Signed 32-bit word at a naturally aligned physical address, -1 where nothing is. */
  read32(address: number): number;
  /** Whether there is memory. Checks of the architecture do not ask. */
  isBacked?(address: number): boolean;
}

/** The state that a VM-entry check looks at. `prepare` computes what many checks share. */
export class EntryCheckContext {
  readonly capabilities: VmxCapabilities;
  readonly memory: CheckMemory;
  v: VmcsView;
  /** Address of the VMCS that is entered. */
  currentPointer = -1;
  /** EFER.LMA of the context that executes VMLAUNCH or VMRESUME. */
  isHostLongMode = true;
  pin = 0;
  primary = 0;
  /** Effective value: 0 while the secondary controls are not activated. */
  secondary = 0;
  tertiary = 0;
  exit = 0;
  entry = 0;
  /** Low halves of guest CR0, CR4 and RFLAGS. */
  cr0 = 0;
  cr4 = 0;
  rflags = 0;
  /** VM-entry interruption information. */
  injection = 0;
  isLongModeGuest = false;
  isUnrestrictedGuest = false;
  isVirtual8086 = false;

  constructor(capabilities: VmxCapabilities, memory: CheckMemory, vmcs: VmcsView) {
    this.capabilities = capabilities;
    this.memory = memory;
    this.v = vmcs;
  }

  /** Takes a VMCS that is about to be entered. */
  prepare(vmcs: VmcsView, currentPointer: number, isHostLongMode: boolean): void {
    this.v = vmcs;
    this.currentPointer = currentPointer;
    this.isHostLongMode = isHostLongMode;
    const primary = vmcs.lo(F.PRIMARY_PROCESSOR_BASED_CONTROLS);
    this.pin = vmcs.lo(F.PIN_BASED_CONTROLS);
    this.primary = primary;
    this.secondary =
      (primary & C.ACTIVATE_SECONDARY_CONTROLS) !== 0 ? vmcs.lo(F.SECONDARY_PROCESSOR_BASED_CONTROLS) : 0;
    this.tertiary = (primary & C.ACTIVATE_TERTIARY_CONTROLS) !== 0 ? vmcs.lo(F.TERTIARY_PROCESSOR_BASED_CONTROLS) : 0;
    this.exit = vmcs.lo(F.VM_EXIT_CONTROLS);
    this.entry = vmcs.lo(F.VM_ENTRY_CONTROLS);
    this.cr0 = vmcs.lo(F.GUEST_CR0);
    this.cr4 = vmcs.lo(F.GUEST_CR4);
    this.rflags = vmcs.lo(F.GUEST_RFLAGS);
    this.injection = vmcs.lo(F.VM_ENTRY_INTERRUPTION_INFORMATION);
    this.isLongModeGuest = (this.entry & C.IA32E_MODE_GUEST) !== 0;
    this.isUnrestrictedGuest = (this.secondary & C.UNRESTRICTED_GUEST) !== 0;
    this.isVirtual8086 = (this.rflags & (1 << 17)) !== 0;
  }

  /** Whether an event is to be injected. */
  get isInjecting(): boolean {
    return this.injection < 0;
  }
}

export type EntryCheckGroup = "control" | "host" | "guest" | "msr-load";

/** One check of a VM entry. What follows when it is violated depends on its group: error 7, error 8, exit 33. */
export interface EntryCheck {
  readonly id: string;
  readonly sdm: string;
  readonly group: EntryCheckGroup;
  /** Exit qualification of exit 33; 0 where absent. */
  readonly qualification?: number;
  /**
   * What the check depends on beside controls, CR0.PE and RFLAGS.VM, where that is only one group of fields; or "events": it holds when the
   * guest is active, nothing blocks, is pending or is injected, and there is no VMCS link pointer and no PAE paging.
   */
  readonly looksAt?: "segments" | "registers" | "events";
  violated(context: EntryCheckContext): boolean;
}

/** The first check of a list that is violated; null when all hold. */
export function firstViolation(checks: readonly EntryCheck[], context: EntryCheckContext): EntryCheck | null {
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i]!;
    if (check.violated(context)) return check;
  }
  return null;
}

/** All checks of a list that are violated, in order: for reports. */
export function allViolations(checks: readonly EntryCheck[], context: EntryCheckContext): EntryCheck[] {
  return checks.filter((check) => check.violated(context));
}

const SEGMENTS = 1;
const REGISTERS = 2;
const EVENTS = 4;
const BITS = { segments: SEGMENTS, registers: REGISTERS, events: EVENTS } as const;
const CR0_PG = 1 << 31;
const CR4_PAE = 1 << 5;

/** Whether nothing is there that checks which look at "events" could find fault with. */
function isQuiet({ v, injection, cr0, cr4, isLongModeGuest }: EntryCheckContext): boolean {
  const something =
    v.lo(F.GUEST_ACTIVITY_STATE) |
    v.lo(F.GUEST_INTERRUPTIBILITY_STATE) |
    v.lo(F.GUEST_PENDING_DEBUG_EXCEPTIONS) |
    v.hi(F.GUEST_PENDING_DEBUG_EXCEPTIONS) |
    ~v.lo(F.VMCS_LINK_POINTER) |
    ~v.hi(F.VMCS_LINK_POINTER);
  const usesPae = (cr0 & CR0_PG) !== 0 && (cr4 & CR4_PAE) !== 0 && !isLongModeGuest;
  return something === 0 && injection >= 0 && !usesPae;
}

/** The checks of a VM entry, arranged by what has changed since they last passed. */
export class EntryCheckPlan {
  readonly control: readonly EntryCheck[];
  readonly host: readonly EntryCheck[];
  /** Guest checks by what must be looked at: a mask of `BITS`. */
  private readonly guest: readonly (readonly EntryCheck[])[];

  constructor(lists: { control: readonly EntryCheck[]; host: readonly EntryCheck[]; guest: readonly EntryCheck[] }) {
    this.control = lists.control;
    this.host = lists.host;
    this.guest = Array.from({ length: 8 }, (_, mask) =>
      lists.guest.filter(({ looksAt }) => looksAt === undefined || (mask & BITS[looksAt]) !== 0),
    );
  }

  /** The guest checks that may come out otherwise. */
  guestChecks(x: EntryCheckContext, segments: boolean, registers: boolean): readonly EntryCheck[] {
    const events = isQuiet(x) ? 0 : EVENTS;
    return this.guest[(segments ? SEGMENTS : 0) | (registers ? REGISTERS : 0) | events]!;
  }
}
