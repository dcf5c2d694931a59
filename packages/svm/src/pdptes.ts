import { type PhysicalMemory, STATE } from "@hvdiff/cpu";
import type { SvmCapabilities } from "./capabilities.ts";
import * as C from "./control-bits.ts";

const PRESENT = 1;
const RESERVED_LOW = 0x1e6;

/** Whether the four PDPTEs that CR3 of PAE paging points to are legal. */
export function arePdptesValid(
  memory: Pick<PhysicalMemory, "read32">,
  cr3: number,
  capabilities: SvmCapabilities,
): boolean {
  const table = (cr3 & ~0x1f) >>> 0;
  for (let entry = 0; entry < 4; entry++) {
    const low = memory.read32(table + entry * 8);
    const high = memory.read32(table + entry * 8 + 4);
    const isReserved = (low & RESERVED_LOW) !== 0 || (high & capabilities.reservedAddressHigh) !== 0;
    if ((low & PRESENT) !== 0 && isReserved) return false;
  }
  return true;
}

/** Whether the loaded state has PAE paging outside long mode. */
function usesPdptes(s: Int32Array): boolean {
  if ((s[STATE.CR0]! & C.CR0_PG) === 0 || (s[STATE.CR4]! & C.CR4_PAE) === 0) return false;
  return (s[STATE.EFER]! & C.EFER_LMA) === 0;
}

/** Loads the PDPTEs of PAE paging, if that is the mode of the loaded state. False if one of them is illegal. */
export function loadPdptes(memory: PhysicalMemory, s: Int32Array, cr3: number, capabilities: SvmCapabilities): boolean {
  if (!usesPdptes(s)) return true;
  const table = (cr3 & ~0x1f) >>> 0;
  for (let word = 0; word < 8; word++) s[STATE.PDPTE + word] = memory.read32(table + word * 4);
  return arePdptesValid(memory, cr3, capabilities);
}
