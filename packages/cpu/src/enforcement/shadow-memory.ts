import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { GP } from "../system/exceptions.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";

/** Vector of the control-protection exception. */
export const CP = 21;
/** Error codes of #CP (SDM 3A "Interrupt 21 - Control Protection Exception"). */
export const CP_NEAR_RET = 1;
export const CP_FAR_RET = 2;
export const CP_ENDBRANCH = 3;
export const CP_RSTORSSP = 4;
export const CP_SETSSBSY = 5;

/** The shadow-stack pointer. */
export function shadowPointer(c: Processor): bigint {
  return c.get64(S.SSP);
}

export function setShadowPointer(c: Processor, value: bigint): void {
  c.set64(S.SSP, value);
}

/** Raises #CP. Always false. */
export function failEnforcement(c: Processor, errorCode: number): false {
  c.raise(CP, errorCode);
  return false;
}

/** Physical address of a dword on a shadow stack, for an access by its rules; -1 when a fault is pending. */
function locate(c: Processor, address: bigint, write: boolean, user: boolean): number {
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  if (!c.isCanonical(high)) {
    c.raise(GP, 0);
    return -1;
  }
  return c.mmu.translateShadow(low, high, write ? ACCESS_WRITE : ACCESS_READ, user) ? c.mmu.physical : -1;
}

/** Loads 4 or 8 bytes of a shadow stack. Null when a fault is pending. */
export function loadShadow(c: Processor, address: bigint, size: number, user: boolean): bigint | null {
  let value = 0n;
  for (let done = 0; done < size; done += 4) {
    const at = locate(c, address + BigInt(done), false, user);
    if (at < 0) return null;
    value |= BigInt(c.memory.read32(at) >>> 0) << BigInt(8 * done);
  }
  return value;
}

/** Stores 4 or 8 bytes on a shadow stack; nothing when either part faults. False when a fault is pending. */
export function storeShadow(c: Processor, address: bigint, size: number, value: bigint, user: boolean): boolean {
  const places: number[] = [];
  for (let done = 0; done < size; done += 4) {
    places.push(locate(c, address + BigInt(done), true, user));
    if (c.fault !== FAULT_NONE) return false;
  }
  places.forEach((at, n) => {
    c.memory.write32(at, Number(BigInt.asIntN(32, value >> BigInt(32 * n))));
  });
  c.translationEpoch++;
  return true;
}

/** Replaces a token of a supervisor shadow stack if it is as expected. Its old value, or null when a fault is pending. */
export function exchangeToken(c: Processor, address: bigint, expected: bigint, next: bigint): bigint | null {
  const old = loadShadow(c, address, 8, false);
  if (old === null) return null;
  return storeShadow(c, address, 8, old === expected ? next : old, false) ? old : null;
}

/** Pushes values of 8 bytes below an address and returns the new top; null when a fault is pending. */
export function pushShadow(c: Processor, top: bigint, values: readonly bigint[], user: boolean): bigint | null {
  let at = top;
  for (const value of values) {
    at -= 8n;
    if (!storeShadow(c, at, 8, value, user)) return null;
  }
  return at;
}
