import { type Processor, STATE } from "@hvdiff/cpu";
import { lo32 } from "@hvdiff/spec";
import type { DebugRegisters } from "../userspace.ts";

/*
 * Registers that silicon itself holds for its guest, whatever its extension is.
 */

const DEBUG_ADDRESSES = 4;

/** x87 and vector registers and what else XSAVE saves. */
export function extendedStateOf({ s }: Processor): Int32Array {
  return s.slice(STATE.VECTOR_REGISTERS, STATE.LOCAL_APIC);
}

export function putExtendedState({ s }: Processor, words: Int32Array): void {
  s.set(words, STATE.VECTOR_REGISTERS);
}

/** DR0 to DR3. */
export function debugAddressesOf(silicon: Processor): DebugRegisters["addresses"] {
  return Array.from({ length: DEBUG_ADDRESSES }, (_, at) => silicon.get64(STATE.DR0 + at * 2));
}

export function putDebugAddresses(silicon: Processor, { addresses, dr6 }: DebugRegisters): void {
  addresses.forEach((address, at) => {
    silicon.set64(STATE.DR0 + at * 2, address);
  });
  silicon.s[STATE.DR6] = lo32(dr6);
}
