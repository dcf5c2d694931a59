import { HIDDEN, type PhysicalMemory, type PhysicalTranslation, peekWord } from "@hvdiff/cpu";
import type { VmxCapabilities } from "../capabilities.ts";
import { EptWalk, WALK_MAPPED } from "./ept-walk.ts";

/**
 * Where EPT leads a guest-physical address, for onlookers: no flag is set, no right is asked for; `HIDDEN` where it leads nowhere.
 * @param toHost where the paging structures themselves lie; absent where they are in host-physical memory
 */
export function peekEpt(
  memory: PhysicalMemory,
  capabilities: VmxCapabilities,
  root: number,
  gpa: number,
  toHost: PhysicalTranslation = (address) => address,
): number {
  const look = { read32: (address: number) => peekWord(memory, toHost(address)), write32: () => {} };
  const walk = new EptWalk(look, capabilities);
  if (walk.walk(root, Math.floor(gpa / 4096), 0, false) !== WALK_MAPPED) return HIDDEN;
  return walk.hostPage * 4096 + (gpa % 4096);
}
