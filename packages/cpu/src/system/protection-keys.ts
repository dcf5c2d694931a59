import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { storeMsr } from "./msr-storage.ts";
import { PKRU_WORD } from "./xsave-components.ts";

/** Sets PKRU. Remembered translations know what the keys forbade when they were made. */
export function writePkru(c: Processor, value: number): void {
  if (c.s[PKRU_WORD] === value) return;
  c.s[PKRU_WORD] = value;
  c.mmu.flushAll();
}

/** Writes IA32_PKRS. False is #GP(0). */
export function writePkrs(c: Processor, value: bigint): boolean {
  if (value >> 32n !== 0n) return false;
  storeMsr(c, MSRS.IA32_PKRS.address, value);
  c.mmu.flushAll();
  return true;
}
