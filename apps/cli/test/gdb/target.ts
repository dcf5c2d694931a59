import { readFileSync } from "node:fs";
import { createLab, type DebugStop, type DebugTarget } from "@hvdiff/lab";

/** A guest whose L2 reads through windows that only EPT leads to memory. */
const GUEST = "ept-walk";
const LOAD_ADDRESS = 0x100000;

/** Linear for L1 and L2, guest-physical for L2; RAM nowhere but behind EPT. */
export const WINDOW = 0x4000_0000n;

/** `mov rax, [rdi]` of the guest's L2, with RDI at the window the first time, then `vmcall`. Found by its bytes and those behind it. */
export const L2_READS = ((): bigint => {
  const image = readFileSync(new URL(`../../../../packages/guests/images/${GUEST}.elf`, import.meta.url));
  const at = image.indexOf(Buffer.from("488b070f01c1488937", "hex"));
  if (at < 0) throw new Error(`${GUEST} has no such code`);
  return BigInt(LOAD_ADDRESS + at);
})();

export function debugged(column: string): DebugTarget {
  return createLab().debug({ scenario: GUEST }, column, {}, { serial: () => {}, debug: () => {} }).target;
}

/** Runs to the next stop. */
export function runOn(target: DebugTarget): DebugStop {
  for (;;) {
    const stop = target.run(1000);
    if (stop !== null) return stop;
  }
}
