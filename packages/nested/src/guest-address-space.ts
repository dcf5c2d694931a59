import type { Processor, SecondStage } from "@hvdiff/cpu";
import { DEVICE_BASE, hostAddress, PAGE } from "./host-layout.ts";

/**
 * L1-physical to host-physical, as the register file that L0 keeps sees it: an offset, and nothing where there is no RAM. Devices and the
 * page of the local APIC lie over both.
 */
export class GuestAddressSpace implements SecondStage {
  readonly permissions = 7;
  /** Page tables of L1 and devices may lie anywhere: nothing is said about what comes again. */
  readonly generation = 0;
  /** Nested paging underneath: PAE paging reads its PDPTEs at each walk. */
  walksPdptes = false;
  /** L2-physical to L1-physical, while L0 does an instruction of an L2 with EPT. */
  l2Stage: ((address: number) => number) | null = null;
  private readonly file: Processor;
  private readonly ram: number;

  constructor(file: Processor, ram: number) {
    this.file = file;
    this.ram = ram;
  }

  translate(address: number): number {
    const gpa = this.l2Stage === null ? address : this.l2Stage(address);
    // The register file knows by itself where its local APIC is.
    if (gpa - (gpa % PAGE) === this.file.apic.page) return gpa;
    return this.isDevice(gpa) ? DEVICE_BASE + gpa : hostAddress(gpa, this.ram);
  }

  /** Whether L0 has a device at the L1-physical address: such a page is never mapped, so that each access comes to L0. */
  isDevice(gpa: number): boolean {
    const page = gpa - (gpa % PAGE);
    return page === this.file.apic.page || this.file.memory.mmioAt((DEVICE_BASE + page) / PAGE) !== undefined;
  }
}
