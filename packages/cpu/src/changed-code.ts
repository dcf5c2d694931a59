import type { PhysicalMemory } from "./physical-memory.ts";

const PAGE = 4096;
/** Bytes of code that are told apart. */
const CHUNK = 32;

/**
 * Before buffer bytes from `first` to `end` become what was saved of them (nothing behind its length): code that changes by that was
 * overwritten, as far as anybody who decoded it is concerned.
 */
export function forgetChangedCode(
  memory: PhysicalMemory,
  { first, end }: { readonly first: number; readonly end: number },
  saved: Uint8Array,
): void {
  for (let at = first; at < end; at += PAGE)
    if (memory.holdsCode(at) && !sameCode(memory, at, saved, at - first)) memory.forgetCode(at);
}

/** Whether the decoded chunks of a frame are the same in the saved bytes. */
function sameCode(memory: PhysicalMemory, at: number, saved: Uint8Array, from: number): boolean {
  if (from >= saved.length) return false;
  for (let byte = 0; byte < PAGE; byte += CHUNK)
    if (memory.hitsCode(at + byte, CHUNK) && !sameBytes(memory, at + byte, saved, from + byte)) return false;
  return true;
}

function sameBytes(memory: PhysicalMemory, at: number, saved: Uint8Array, from: number): boolean {
  for (let byte = 0; byte < CHUNK; byte++) if (memory.bytes[at + byte] !== saved[from + byte]) return false;
  return true;
}
