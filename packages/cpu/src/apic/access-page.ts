import type { Processor } from "../processor.ts";
import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, APIC_ACCESS_EXIT, APIC_ACCESS_WALK } from "../virtualization.ts";

/*
 * The page that stands for the local APIC in guest mode, where the extension virtualizes accesses to it (APIC-access page): loads and stores
 * go to another page, or become VM exits.
 */

const PAGE = 4096;

/** Whether a physical address lies in the page. */
export function isInAccessPage(c: Processor, physical: number): boolean {
  return c.apicAccessPage >= 0 && physical - (physical % PAGE) === c.apicAccessPage;
}

function permit(c: Processor, offset: number, size: number, access: number): number {
  return c.extension?.apicAccess?.(offset, size, access) ?? APIC_ACCESS_EXIT;
}

/** A load of 1 to 8 bytes at an offset of the page; a VM exit has been made when a fault is pending. */
export function readAccessPage(c: Processor, offset: number, size: number): number {
  const at = permit(c, offset, size, ACCESS_READ);
  if (at === APIC_ACCESS_EXIT) return 0;
  const word = c.memory.read32(at - (at % 4)) >>> ((at % 4) * 8);
  return size === 4 ? word | 0 : word & ((1 << (size * 8)) - 1);
}

/** A store of 1 to 8 bytes at an offset of the page. */
export function writeAccessPage(c: Processor, offset: number, size: number, value: number): void {
  const at = permit(c, offset, size, ACCESS_WRITE);
  if (at === APIC_ACCESS_EXIT) return;
  for (let byte = 0; byte < size; byte++) c.memory.write8(at + byte, (value >>> (byte * 8)) & 0xff);
  c.extension?.apicWritten?.(offset);
}

/** Whether a store would go through. False after a VM exit. */
export function probeAccessPage(c: Processor, offset: number, size: number): boolean {
  return permit(c, offset, size, ACCESS_WRITE) !== APIC_ACCESS_EXIT;
}

/** A fetch from the page: always a VM exit. */
export function fetchFromAccessPage(c: Processor, offset: number): void {
  permit(c, offset, 1, ACCESS_FETCH);
}

/** Guest paging structures lie in the page: always a VM exit. */
export function walkThroughAccessPage(c: Processor, offset: number): void {
  permit(c, offset, 4, APIC_ACCESS_WALK);
}
