import type { AllowedSettings } from "../capabilities.ts";
import type { EntryCheckContext } from "./check.ts";

/** Whether a control word clears a bit that must be 1 or sets one that may not be. */
export function violatesAllowed(settings: AllowedSettings, value: number): boolean {
  return (value & settings.required) !== settings.required || (value & ~settings.allowed) !== 0;
}

/** Whether the address in a field is not a multiple of `alignment` or goes beyond the width for VMX structures. */
export function isBadAddress(c: EntryCheckContext, field: number, alignmentMask: number): boolean {
  return (c.v.lo(field) & alignmentMask) !== 0 || (c.v.hi(field) & c.capabilities.reservedStructureHigh) !== 0;
}

/** Whether the linear address in a field is not canonical. */
export function isNonCanonical(c: EntryCheckContext, field: number): boolean {
  const top = c.v.hi(field) >> (c.capabilities.linearAddressWidth - 33);
  return top !== 0 && top !== -1;
}

/** Whether four bytes of an IA32_PAT value hold something other than 0, 1, 4, 5, 6, 7. */
export function hasBadMemoryTypes(half: number): boolean {
  return (half & 0xf8f8f8f8) !== 0 || ((half >>> 1) & ~(half >>> 2) & 0x01010101) !== 0;
}

/** Whether the last byte of an MSR area lies beyond the width, or the area is misaligned. */
export function isBadMsrArea(c: EntryCheckContext, countField: number, addressField: number): boolean {
  const count = c.v.lo(countField) >>> 0;
  if (count === 0) return false;
  if (isBadAddress(c, addressField, 0xf)) return true;
  const last = (c.v.lo(addressField) >>> 0) + (c.v.hi(addressField) >>> 0) * 4294967296 + count * 16 - 1;
  return last >= 2 ** c.capabilities.structureAddressWidth;
}

const CET_RESERVED = 0x3c0;
const CET_SUPPRESS_AND_TRACKER = 0xc00;

/** Whether an IA32_S_CET value sets bits 9:6, or asks for tracking to be suppressed and waiting at once. */
export function setsReservedCetBits(low: number): boolean {
  return (low & CET_RESERVED) !== 0 || (low & CET_SUPPRESS_AND_TRACKER) === CET_SUPPRESS_AND_TRACKER;
}
