import { addressHigh, joinAddress, lowHalf } from "../address.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import type { ModificationLog } from "./ept-walk.ts";

const ENTRIES = 512;
const PAGE_BYTES = 4096;

/** The page-modification log of the running guest (SDM 3C "Page-Modification Logging"). It fills from its last entry down. */
export class PageModificationLog implements ModificationLog {
  private readonly core: VmxCore;

  constructor(core: VmxCore) {
    this.core = core;
  }

  get isFull(): boolean {
    return this.core.vmcs.lo(F.PML_INDEX) >= ENTRIES;
  }

  append(page: number): void {
    const { c, vmcs } = this.core;
    const index = vmcs.lo(F.PML_INDEX);
    const at = joinAddress(vmcs.lo(F.PML_ADDRESS), vmcs.hi(F.PML_ADDRESS)) + index * 8;
    const address = page * PAGE_BYTES;
    c.memory.write32(at, lowHalf(address));
    c.memory.write32(at + 4, addressHigh(address));
    vmcs.set(F.PML_INDEX, index - 1, 0);
  }
}
