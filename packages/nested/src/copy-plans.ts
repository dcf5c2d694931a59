import { type CopyPlan, copyFields, createCopyPlan, type MemoryVmcs, type VmcsLayout } from "@hvdiff/vmx";

/**
 * Copies a fixed set of fields between VMCSs whose layouts may differ: silicon's, and that of the CPU which L1 is shown. Fields that the
 * target lacks are left out.
 */
export class CopyPlans {
  private readonly fields: readonly number[];
  private from: VmcsLayout | null = null;
  private to: VmcsLayout | null = null;
  private plan: CopyPlan = [];
  private count = 0;

  private readonly absent: "zero" | "keep";

  /** @param absent what becomes of fields that the source lacks: set to 0, or left alone */
  constructor(fields: readonly number[], absent: "zero" | "keep") {
    this.fields = fields;
    this.absent = absent;
  }

  /** @returns how many fields there are to copy */
  copy(from: MemoryVmcs, to: MemoryVmcs): number {
    if (from.layout !== this.from || to.layout !== this.to) {
      this.from = from.layout;
      this.to = to.layout;
      this.plan = createCopyPlan(from.layout, to.layout, this.fields, this.absent);
      this.count = this.fields.filter((field) => this.isCopied(field)).length;
    }
    copyFields(from, to, this.plan);
    return this.count;
  }

  private isCopied(field: number): boolean {
    return this.to!.lowMask[field] !== 0 && (this.absent === "zero" || this.from!.lowMask[field] !== 0);
  }
}
