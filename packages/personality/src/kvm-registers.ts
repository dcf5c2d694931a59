import type { GeneralRegisters, SystemRegisters, VcpuAccess } from "@hvdiff/nested";

/** The calls by which a VMM gets and sets the registers of a virtual processor. As in life, they are those of the level that runs. */
export interface KvmRegisters {
  getRegs(): GeneralRegisters;
  setRegs(regs: GeneralRegisters): void;
  getSregs(): SystemRegisters;
  setSregs(sregs: SystemRegisters): void;
  /** Values of MSRs; those that cannot be read are left out. */
  getMsrs(indices: readonly number[]): ReadonlyMap<number, bigint>;
  setMsrs(values: ReadonlyMap<number, bigint>): void;
}

/** The calls on a virtual processor of an L0. */
export class VcpuRegisters<V extends VcpuAccess> implements KvmRegisters {
  protected readonly vcpu: V;

  constructor(vcpu: V) {
    this.vcpu = vcpu;
  }

  getRegs(): GeneralRegisters {
    return this.vcpu.generalRegisters();
  }

  setRegs(regs: GeneralRegisters): void {
    this.vcpu.setGeneralRegisters(regs);
  }

  getSregs(): SystemRegisters {
    return this.vcpu.systemRegisters();
  }

  setSregs(sregs: SystemRegisters): void {
    this.vcpu.setSystemRegisters(sregs);
  }

  getMsrs(indices: readonly number[]): ReadonlyMap<number, bigint> {
    const values = new Map<number, bigint>();
    for (const index of indices) {
      const value = this.getMsr(index);
      if (value !== undefined) values.set(index, value);
    }
    return values;
  }

  setMsrs(values: ReadonlyMap<number, bigint>): void {
    for (const [index, value] of values) this.setMsr(index, value);
  }

  protected getMsr(index: number): bigint | undefined {
    return this.vcpu.msr(index);
  }

  protected setMsr(index: number, value: bigint): void {
    this.vcpu.setMsr(index, value);
  }
}
