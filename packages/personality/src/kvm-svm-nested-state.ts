import type { SvmNestedState } from "@hvdiff/nested";

/*
 * `struct kvm_nested_state` for SVM, as the kernel's API has it: a header of 128 bytes, then a VMCB with the controls of L2 and the state of L1.
 */

const HEADER = 128;
const PAGE = 4096;
const OFFSET = { flags: 0, format: 2, size: 4, vmcb: 8 } as const;
const FLAG = { guestMode: 1, runPending: 2, gif: 0x100 } as const;
const KNOWN_FLAGS = FLAG.guestMode | FLAG.runPending | FLAG.gif;
/** KVM_STATE_NESTED_FORMAT_SVM. */
const FORMAT = 1;

/** The structure with its data. */
export function svmStateBytes({ gif, guestMode, runPending, vmcb12, page }: SvmNestedState): Uint8Array {
  const bytes = new Uint8Array(HEADER + (page === null ? 0 : PAGE));
  const view = new DataView(bytes.buffer);
  const flags = (guestMode ? FLAG.guestMode : 0) | (runPending ? FLAG.runPending : 0) | (gif ? FLAG.gif : 0);
  view.setUint16(OFFSET.flags, flags, true);
  view.setUint16(OFFSET.format, FORMAT, true);
  view.setUint32(OFFSET.size, bytes.length, true);
  if (page !== null) {
    view.setBigUint64(OFFSET.vmcb, BigInt(vmcb12), true);
    bytes.set(page, HEADER);
  }
  return bytes;
}

/** Whether bytes are in this format, and not in that for VMX. */
export function isSvmState(bytes: Uint8Array): boolean {
  return (
    bytes.length >= HEADER && new DataView(bytes.buffer, bytes.byteOffset).getUint16(OFFSET.format, true) === FORMAT
  );
}

/** The state; or why the bytes are none. */
export function svmStateFrom(bytes: Uint8Array): SvmNestedState | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(OFFSET.flags, true);
  const size = view.getUint32(OFFSET.size, true);
  if (size < HEADER || size > bytes.length) return "EINVAL: size";
  if ((flags & ~KNOWN_FLAGS) !== 0) return "EINVAL: flags";
  const guestMode = (flags & FLAG.guestMode) !== 0;
  if (guestMode && size < HEADER + PAGE) return "EINVAL: size";
  return {
    extension: "svm",
    gif: (flags & FLAG.gif) !== 0,
    guestMode,
    runPending: (flags & FLAG.runPending) !== 0,
    vmcb12: guestMode ? Number(view.getBigUint64(OFFSET.vmcb, true)) : -1,
    page: guestMode ? bytes.slice(HEADER, HEADER + PAGE) : null,
  };
}
