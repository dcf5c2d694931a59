import type { TraceSink } from "./bus.ts";
import type { Op } from "./op.ts";

/** What an access is for; also the index of the TLB tag word that proves it. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_FETCH = 2;
export type Access = typeof ACCESS_READ | typeof ACCESS_WRITE | typeof ACCESS_FETCH;

/** Permissions of a second-stage translation: a mask of these. */
export const STAGE2_READ = 1;
export const STAGE2_WRITE = 2;
export const STAGE2_EXECUTE = 4;

/** What `SecondStage.translate` returns after it has reported a VM exit instead of an address. */
export const STAGE2_EXIT = -1;

/**
 * The second stage of address translation (EPT, nested paging), filled in at VM entry and asked on TLB misses only.
 */
export interface SecondStage {
  /** Permissions of the translation just made. */
  permissions: number;
  /**
   * While it is the same number, an access that was translated would be translated to the same again, and nothing else would happen;
   * 0 where that cannot be said.
   */
  readonly generation: number;
  /** PAE paging of the guest reads its PDPTEs from memory at each walk. Absent: the registers loaded with CR3 are used. */
  readonly walksPdptes?: boolean;
  /**
   * Translates a guest-physical address. On a violation or misconfiguration it performs the VM exit and returns `STAGE2_EXIT`.
   * @param walk true when the access is to a guest paging-structure entry during a walk for the linear address
   * @param linearLow low half of the linear address that is being translated; -1/-1 with `linearValid` false if there is none
   */
  translate(gpa: number, access: Access, walk: boolean, linear: LinearContext): number;
}

/** An access by a walk of guest paging structures, beside `ACCESS_*`, in `VirtualizationExtension.apicAccess`. */
export const APIC_ACCESS_WALK = 3;
/** What `VirtualizationExtension.apicAccess` returns after a VM exit. */
export const APIC_ACCESS_EXIT = -1;

/** The linear address behind a second-stage access, for exit qualifications. */
export interface LinearContext {
  valid: boolean;
  low: number;
  high: number;
}

/** An exception on its way to delivery. `errorCode` is -1 where the vector has none. CR2 and DR6 are not written yet. */
export interface PendingException {
  vector: number;
  errorCode: number;
  /** Linear address of a page fault (halves), or the DR6 bits of a debug exception in `payloadLow`. */
  payloadLow: number;
  payloadHigh: number;
  /** `EVENT_TYPE_*`: a hardware exception, or INT3, INTO and INT1 with the length of the instruction. */
  type: number;
  instructionLength: number;
}

/** How an event came to be, in the encoding of VM-entry interruption information and EVENTINJ-like words. */
export const EVENT_TYPE_EXTERNAL = 0;
export const EVENT_TYPE_NMI = 2;
export const EVENT_TYPE_HARDWARE_EXCEPTION = 3;
export const EVENT_TYPE_SOFTWARE_INTERRUPT = 4;
export const EVENT_TYPE_PRIVILEGED_SOFTWARE_EXCEPTION = 5;
export const EVENT_TYPE_SOFTWARE_EXCEPTION = 6;

export function createPendingException(): PendingException {
  return {
    vector: 0,
    errorCode: -1,
    payloadLow: 0,
    payloadHigh: 0,
    type: EVENT_TYPE_HARDWARE_EXCEPTION,
    instructionLength: 0,
  };
}

/** Makes a record that of a hardware exception. */
export function setPendingException(
  exception: PendingException,
  vector: number,
  errorCode: number,
  payloadLow: number,
  payloadHigh: number,
): void {
  exception.vector = vector;
  exception.errorCode = errorCode;
  exception.payloadLow = payloadLow;
  exception.payloadHigh = payloadHigh;
  exception.type = EVENT_TYPE_HARDWARE_EXCEPTION;
  exception.instructionLength = 0;
}

/** The event whose delivery is under way when a fault or exit interrupts it (IDT-vectoring information). Null between deliveries. */
export interface EventBeingDelivered {
  vector: number;
  type: number;
  errorCode: number;
  instructionLength: number;
}

/**
 * VMX or SVM, as the processor sees it. The extension fills intercept words, masks and the second stage at VM entry; the processor
 * calls it only when one of them fires. A call that makes a VM exit leaves the processor in root mode with host state loaded.
 */
export interface VirtualizationExtension {
  /** Executes one of the extension's own instructions. Returns an execution status (`op.ts`). */
  execute(op: Op): number;
  /**
   * An intercepted instruction (see `intercepts.ts`). `detail` depends on the intercept: MSR index, port, CR number …
   * Returns `STATUS_ABORTED` after a VM exit, or `STATUS_NEXT` when the finer condition (bitmap, mask) does not hold and the
   * instruction is to go on.
   */
  intercept(id: number, op: Op, detail: number): number;
  /** An exception is about to be delivered in guest mode and its bit in `EXCEPTION_INTERCEPTS` is set. True if it became a VM exit. */
  exception(exception: PendingException): boolean;
  /** At an instruction boundary with events pending, in guest mode, before they are taken. True if it changed the state: made an exit, delivered a virtual interrupt. */
  boundary(): boolean;
  /** A triple fault in guest mode. True if it became a VM exit. */
  tripleFault(): boolean;
  /** A task switch through a task gate, far transfer or IRET in guest mode. True if it became a VM exit. */
  taskSwitch(selector: number, source: number): boolean;
  /** An event has been delivered through the IDT in guest mode, which takes the guest to another instruction boundary. */
  delivered?(): void;
  /** Tick at which the extension wants a boundary although the processor waits; infinity for none. Absent: none. */
  wakesAt?(): number;
  /** Whether the guest may clear CR0.PE and CR0.PG although VMX operation fixes them. Absent: no. */
  unrestrictedGuest?(): boolean;
  /** Where a physical address of the running level lies in memory, for onlookers; -1 where the second stage leads nowhere. Absent: there. */
  peekPhysical?(address: number): number;
  /** Takes over what lies outside state words and memory frames. Call it after the memory was copied. Absent: nothing does. */
  /** Ranges of state words that say which translations are remembered, in order. */
  readonly translationWords?: readonly (readonly [from: number, to: number])[];
  /** What lies outside state words and memory frames, for `restore`, which is called after they were put back. */
  save?(): unknown;
  restore?(saved: unknown): void;
  cloneStateFrom?(other: VirtualizationExtension): void;
  /** The state words are zero, as after power-on: forgets what it had made of them. Absent: there is nothing to forget. */
  reset?(): void;
  /** State words that hold ticks, as indices into `f64`. Absent: none. */
  readonly tickWords?: readonly number[];
  /** Tells a trace the last VM exit, once more. Absent: nothing. */
  reportExit?(trace: TraceSink): void;
  /**
   * An access of `size` bytes at an offset of `Processor.apicAccessPage`: `ACCESS_*` or `APIC_ACCESS_WALK`. Returns the physical address that is
   * accessed instead, or `APIC_ACCESS_EXIT` after a VM exit.
   */
  apicAccess?(offset: number, size: number, access: number): number;
  /** A store that `apicAccess` let through has been done. */
  apicWritten?(offset: number): void;
}
