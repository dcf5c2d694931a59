import type { VmxCapabilities } from "../capabilities.ts";

const MEMORY_TYPE_UC = 0;
const MEMORY_TYPE_WB = 6;
const WALK_LENGTH_4 = 3;
const WALK_LENGTH_5 = 4;
const ACCESSED_DIRTY = 1 << 6;
const SUPERVISOR_SHADOW_STACK = 1 << 7;

/** Whether the processor supports the memory type in bits 2:0 of an EPTP. */
export function isEptMemoryTypeSupported({ ept }: VmxCapabilities, eptpLow: number): boolean {
  const type = eptpLow & 7;
  return (type === MEMORY_TYPE_UC && ept.memoryTypeUc) || (type === MEMORY_TYPE_WB && ept.memoryTypeWb);
}

/** Whether the processor supports the page-walk length in bits 5:3 of an EPTP. */
export function isEptWalkLengthSupported({ ept }: VmxCapabilities, eptpLow: number): boolean {
  const length = (eptpLow >>> 3) & 7;
  return (length === WALK_LENGTH_4 && ept.pageWalk4) || (length === WALK_LENGTH_5 && ept.pageWalk5);
}

/** Whether an EPTP sets a bit that is reserved on the processor. */
export function setsReservedEptPointerBits(
  { ept, reservedAddressHigh }: VmxCapabilities,
  lo: number,
  hi: number,
): boolean {
  const reserved =
    0xf00 | (ept.accessedDirty ? 0 : ACCESSED_DIRTY) | (ept.supervisorShadowStack ? 0 : SUPERVISOR_SHADOW_STACK);
  return (lo & reserved) !== 0 || (hi & reservedAddressHigh) !== 0;
}

/** Whether a VM entry would accept the EPTP (SDM 3C "VM-Execution Control Fields"). */
export function isEptPointerValid(capabilities: VmxCapabilities, lo: number, hi: number): boolean {
  return (
    isEptMemoryTypeSupported(capabilities, lo) &&
    isEptWalkLengthSupported(capabilities, lo) &&
    !setsReservedEptPointerBits(capabilities, lo, hi)
  );
}
