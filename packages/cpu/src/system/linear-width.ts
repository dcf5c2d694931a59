import type { Processor } from "../processor.ts";
import { hasFeature } from "./features.ts";

/**
 * Whether a linear address with this high half is canonical for the widest paging that the processor has. Bases of segments and descriptor
 * tables, MSRs and INVPCID are held to this, not to what CR4.LA57 says (SDM 1 "Canonical Addressing").
 */
export function fitsLinearWidth(c: Processor, high: number): boolean {
  const top = hasFeature(c, "la57") ? high >> 24 : high >> 15;
  return top === 0 || top === -1;
}
