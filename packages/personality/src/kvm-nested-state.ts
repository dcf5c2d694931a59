import type { NestedState } from "@hvdiff/nested";

/*
 * `struct kvm_nested_state` for VMX, as the kernel's API has it: a header of 128 bytes, then vmcs12, then the shadow vmcs12.
 */

const HEADER = 128;
const PAGE = 4096;
const OFFSET = { flags: 0, format: 2, size: 4, vmxon: 8, vmcs12: 16, timerFlag: 28, timer: 32 } as const;
const FLAG = { guestMode: 1, runPending: 2, enlightened: 4, monitorTrap: 8 } as const;
const KNOWN_FLAGS = 0xf;
const TIMER_DEADLINE = 1;
const NONE = 0xffff_ffff_ffff_ffffn;
const HEADER_PREFIX = 8;

function pointer(address: number): bigint {
  return address < 0 ? NONE : BigInt(address);
}

function flagsOf(state: NestedState): number {
  return (
    (state.guestMode ? FLAG.guestMode : 0) |
    (state.runPending ? FLAG.runPending : 0) |
    (state.enlightened ? FLAG.enlightened : 0) |
    (state.monitorTrapPending ? FLAG.monitorTrap : 0)
  );
}

/** @param time L1's time-stamp counter, which the timer's deadline is told by */
export function nestedStateBytes(state: NestedState, time: bigint): Uint8Array {
  const pages = [state.vmcs12, state.vmcs12 === null ? null : state.shadowVmcs12].filter((page) => page !== null);
  const bytes = new Uint8Array(HEADER + pages.length * PAGE);
  const view = new DataView(bytes.buffer);
  view.setUint16(OFFSET.flags, flagsOf(state), true);
  view.setUint32(OFFSET.size, bytes.length, true);
  view.setBigUint64(OFFSET.vmxon, pointer(state.vmxonPointer), true);
  view.setBigUint64(OFFSET.vmcs12, pointer(state.currentPointer), true);
  if (state.timer !== null) {
    view.setUint32(OFFSET.timerFlag, TIMER_DEADLINE, true);
    view.setBigUint64(OFFSET.timer, time + BigInt(state.timer), true);
  }
  pages.forEach((page, at) => {
    bytes.set(page, HEADER + at * PAGE);
  });
  return bytes;
}

function address(value: bigint): number {
  return value === NONE ? -1 : Number(value);
}

/** The state; or why the bytes are none. */
export function nestedStateFrom(bytes: Uint8Array, time: bigint): NestedState | string {
  if (bytes.length < HEADER_PREFIX) return "EINVAL: no header";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(OFFSET.flags, true);
  const size = view.getUint32(OFFSET.size, true);
  if (size < HEADER || size > bytes.length) return "EINVAL: size";
  if ((flags & ~KNOWN_FLAGS) !== 0) return "EINVAL: flags";
  const currentPointer = address(view.getBigUint64(OFFSET.vmcs12, true));
  const hasTimer = (view.getUint32(OFFSET.timerFlag, true) & TIMER_DEADLINE) !== 0;
  const enlightened = (flags & FLAG.enlightened) !== 0;
  const page = (at: number) =>
    (currentPointer >= 0 || enlightened) && size >= HEADER + (at + 1) * PAGE
      ? bytes.slice(HEADER + at * PAGE, HEADER + (at + 1) * PAGE)
      : null;
  return {
    vmxonPointer: address(view.getBigUint64(OFFSET.vmxon, true)),
    currentPointer,
    guestMode: (flags & FLAG.guestMode) !== 0,
    runPending: (flags & FLAG.runPending) !== 0,
    enlightened,
    monitorTrapPending: (flags & FLAG.monitorTrap) !== 0,
    timer: hasTimer ? Number(view.getBigUint64(OFFSET.timer, true) - time) : null,
    vmcs12: page(0),
    shadowVmcs12: page(1),
  };
}
