import type { ModificationLog } from "@hvdiff/vmx";
import { F } from "./fields.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const ENTRIES = 512;
const PAGE_BYTES = 4096n;

/** L1's page-modification log, which L0 fills when it sets a dirty flag in EPT12 (SDM 3C "Page-Modification Logging"). */
export function createModificationLog(vcpu: VmxVcpu): ModificationLog {
  return {
    get isFull() {
      return vcpu.v02.lo(F.pmlIndex) >= ENTRIES;
    },
    append(page) {
      const index = vcpu.v02.lo(F.pmlIndex);
      const log = Number(vcpu.environment.currentVmcs()!.read("pmlAddress"));
      vcpu.guestCpu.writePhysical64(log + index * 8, BigInt(page) * PAGE_BYTES);
      vcpu.v02.set(F.pmlIndex, (index - 1) & 0xffff, 0);
    },
  };
}
