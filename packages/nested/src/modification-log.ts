import type { ModificationLog } from "@hvdiff/vmx";
import { F } from "./fields.ts";
import type { L0 } from "./l0.ts";

const ENTRIES = 512;
const PAGE_BYTES = 4096n;

/** L1's page-modification log, which L0 fills when it sets a dirty flag in EPT12 (SDM 3C "Page-Modification Logging"). */
export function createModificationLog(l0: L0): ModificationLog {
  return {
    get isFull() {
      return l0.v02.lo(F.pmlIndex) >= ENTRIES;
    },
    append(page) {
      const index = l0.v02.lo(F.pmlIndex);
      const log = Number(l0.environment.currentVmcs()!.read("pmlAddress"));
      l0.guestCpu.writePhysical64(log + index * 8, BigInt(page) * PAGE_BYTES);
      l0.v02.set(F.pmlIndex, (index - 1) & 0xffff, 0);
    },
  };
}
