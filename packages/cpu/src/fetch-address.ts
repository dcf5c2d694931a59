import { ADDRESS_FAULT } from "./mmu.ts";
import type { Processor } from "./processor.ts";
import * as S from "./state-layout.ts";
import { GP } from "./system/exceptions.ts";
import { ACCESS_FETCH } from "./virtualization.ts";

/** Buffer offset of a linear address to fetch from, by the TLB if it knows; negative as of `Mmu.translate`. */
export function fetchAddress(c: Processor, low: number, high: number): number {
  const { s } = c;
  const entry = c.fetchTlb + ((low >>> 12) & (S.TLB_ENTRIES - 1)) * S.TLB_ENTRY_WORDS;
  if (s[entry + ACCESS_FETCH] === (low & ~0xfff) && s[entry + 3] === high) return s[entry + 4]! + (low & 0xfff);
  if (!c.isCanonical(high)) {
    c.raise(GP, 0);
    return ADDRESS_FAULT;
  }
  return c.mmu.translate(low, high, ACCESS_FETCH, s[S.CPL] === 3);
}
