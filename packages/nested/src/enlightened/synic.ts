import { hostAddress, isGuestRam, PAGE } from "../host-layout.ts";
import type { OfferedMsrs } from "../offered-msrs.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { SINTS } from "./synic-state.ts";

/*
 * The synthetic interrupt controller (Hypervisor Top-Level Functional Specification, "Virtual Interrupt Controller").
 */

const CONTROL = 0x4000_0080;
const VERSION_MSR = 0x4000_0081;
const EVENT_PAGE = 0x4000_0082;
const MESSAGE_PAGE = 0x4000_0083;
const END_OF_MESSAGE = 0x4000_0084;
const FIRST_SINT = 0x4000_0090;
const VERSION = 1n;
const ENABLE = 1n;
const VECTOR = 0xffn;
const LEAST_VECTOR = 16n;
const MASKED = 1n << 16n;
const AUTO_EOI = 1n << 17n;
const ZEROS = new Uint8Array(PAGE);
const FIXED = 0;

/** Bytes of a message and of a set of event flags. */
const SLOT = 256;
const FLAGS = 5;
const MESSAGE_PENDING = 1;

/** What is told of the end of a message. */
type EndOfMessage = (vcpu: VmxVcpu, sint: number) => void;

/** Host-physical address of a page that such an MSR names; -1 where it is off or names no RAM. */
function pageOf({ l0 }: VmxVcpu, msr: bigint): number {
  if ((msr & ENABLE) === 0n) return -1;
  const address = Number(msr & ~0xfffn);
  return isGuestRam(address, l0.options.ram) ? hostAddress(address, l0.options.ram) : -1;
}

/** Asks for the interrupt of a source. False where it is masked. */
export function raiseSint(vcpu: VmxVcpu, sint: number): boolean {
  const value = vcpu.state.enlightened.synic.sints[sint]!;
  if ((value & MASKED) !== 0n) return false;
  raiseVector(vcpu, Number(value & VECTOR));
  return true;
}

/** Asks for an interrupt of the local APIC. */
export function raiseVector(vcpu: VmxVcpu, vector: number): void {
  vcpu.l0.deliver(vcpu, { vector, deliveryMode: FIXED, levelTriggered: false });
}

/** Whether an interrupt is over when it is taken. */
export function endsByItself({ state }: VmxVcpu, vector: number): boolean {
  const ofVector = state.enlightened.synic.sints.filter((value) => (value & (VECTOR | MASKED)) === BigInt(vector));
  return ofVector.some((value) => (value & AUTO_EOI) !== 0n);
}

/**
 * Puts a message into its slot and asks for the interrupt.
 * @returns "busy": the slot is taken, which is noted there; "absent": there is no page
 */
export function deliverMessage(
  vcpu: VmxVcpu,
  sint: number,
  message: readonly number[],
): "delivered" | "busy" | "absent" {
  const { memory } = vcpu.l0.machine;
  const page = pageOf(vcpu, vcpu.state.enlightened.synic.messagePage);
  if (page < 0) return "absent";
  const slot = page + sint * SLOT;
  if (memory.read32(slot) !== 0) {
    memory.write8(slot + FLAGS, memory.read8(slot + FLAGS) | MESSAGE_PENDING);
    return "busy";
  }
  memory.writeBytes(slot, Uint8Array.from(message));
  return raiseSint(vcpu, sint) ? "delivered" : "absent";
}

/** Whether a source's slot is taken. */
export function isSlotTaken(vcpu: VmxVcpu, sint: number): boolean {
  const page = pageOf(vcpu, vcpu.state.enlightened.synic.messagePage);
  return page >= 0 && vcpu.l0.machine.memory.read32(page + sint * SLOT) !== 0;
}

/** Sets an event flag; asks for the interrupt if it was not set. False where there is no page. */
export function setEventFlag(vcpu: VmxVcpu, sint: number, flag: number): boolean {
  const { memory } = vcpu.l0.machine;
  const page = pageOf(vcpu, vcpu.state.enlightened.synic.eventPage);
  if (page < 0) return false;
  const at = page + sint * SLOT + (flag >>> 3);
  const before = memory.read8(at);
  const bit = 1 << (flag & 7);
  memory.write8(at, before | bit);
  if ((before & bit) === 0) raiseSint(vcpu, sint);
  return true;
}

function read(vcpu: VmxVcpu, msr: number): bigint | null {
  if (!vcpu.l0.options.policy.enlightened.synic) return null;
  const { control, eventPage, messagePage, sints } = vcpu.state.enlightened.synic;
  if (msr === CONTROL) return control;
  if (msr === VERSION_MSR) return VERSION;
  if (msr === EVENT_PAGE) return eventPage;
  if (msr === MESSAGE_PAGE) return messagePage;
  if (msr === END_OF_MESSAGE) return 0n;
  return msr >= FIRST_SINT && msr < FIRST_SINT + SINTS ? sints[msr - FIRST_SINT]! : null;
}

/** A page that is switched on begins with zeros. False where it is no RAM. */
function takesPage(vcpu: VmxVcpu, value: bigint): boolean {
  if ((value & ENABLE) === 0n) return true;
  const page = pageOf(vcpu, value);
  if (page < 0) return false;
  vcpu.l0.machine.memory.writeBytes(page, ZEROS);
  return true;
}

/** What userspace writes is a page that is in use. */
function setPage(
  vcpu: VmxVcpu,
  name: "eventPage" | "messagePage",
  { value, isByUserspace }: { value: bigint; isByUserspace: boolean },
): boolean {
  if (!isByUserspace && !takesPage(vcpu, value)) return false;
  vcpu.state.enlightened.synic[name] = value;
  return true;
}

function setSource(vcpu: VmxVcpu, sint: number, value: bigint): boolean {
  if ((value & VECTOR) < LEAST_VECTOR && (value & MASKED) === 0n) return false;
  vcpu.state.enlightened.synic.sints[sint] = value;
  return true;
}

/** @param ended is told of each source when the guest has ended a message */
export function createSynicMsrs(ended: EndOfMessage): OfferedMsrs {
  const write = (vcpu: VmxVcpu, msr: number, value: bigint, isByUserspace: boolean): boolean => {
    if (msr === VERSION_MSR) return false;
    if (msr === EVENT_PAGE) return setPage(vcpu, "eventPage", { value, isByUserspace });
    if (msr === MESSAGE_PAGE) return setPage(vcpu, "messagePage", { value, isByUserspace });
    if (msr >= FIRST_SINT) return setSource(vcpu, msr - FIRST_SINT, value);
    if (msr === CONTROL) vcpu.state.enlightened.synic.control = value;
    else for (let sint = 0; sint < SINTS; sint++) ended(vcpu, sint);
    return true;
  };
  return { read, write };
}
