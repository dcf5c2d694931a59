import type { CpuidEntry, CpuModel } from "@hvdiff/cpu";

export type CpuidRegister = "eax" | "ebx" | "ecx" | "edx";

/**
 * What a guest is told about its processor: CPUID and capability MSRs. It starts as the silicon's own and is edited by capability
 * rules; in the end it becomes the `CpuModel` that L1 sees.
 */
export class GuestProfile {
  private readonly entries = new Map<string, { -readonly [K in keyof CpuidEntry]: CpuidEntry[K] }>();
  readonly msrs: Map<number, bigint>;
  /** The silicon underneath, unchanged. */
  readonly host: CpuModel;

  constructor(host: CpuModel) {
    this.host = host;
    this.msrs = new Map(host.msrs);
    for (const entry of host.cpuid) this.entries.set(`${entry.leaf >>> 0}.${entry.subleaf}`, { ...entry });
  }

  /** Value of a CPUID register, 0 where the leaf does not exist. Unsigned. */
  cpuid(leaf: number, subleaf: number, register: CpuidRegister): number {
    return (this.entries.get(`${leaf >>> 0}.${subleaf}`)?.[register] ?? 0) >>> 0;
  }

  setCpuid(leaf: number, subleaf: number, register: CpuidRegister, value: number): void {
    const key = `${leaf >>> 0}.${subleaf}`;
    const entry = this.entries.get(key) ?? { leaf: leaf >>> 0, subleaf, eax: 0, ebx: 0, ecx: 0, edx: 0 };
    entry[register] = value >>> 0;
    this.entries.set(key, entry);
  }

  /** Removes a leaf (or one sub-leaf) altogether. */
  dropLeaf(leaf: number, subleaf?: number): void {
    for (const key of [...this.entries.keys()]) {
      if (subleaf === undefined ? key.startsWith(`${leaf >>> 0}.`) : key === `${leaf >>> 0}.${subleaf}`)
        this.entries.delete(key);
    }
  }

  hasCpuidBit(leaf: number, subleaf: number, register: CpuidRegister, bit: number): boolean {
    return ((this.cpuid(leaf, subleaf, register) >>> bit) & 1) !== 0;
  }

  /** CPUID entries in leaf order. */
  cpuidEntries(): CpuidEntry[] {
    return [...this.entries.values()]
      .sort((a, b) => a.leaf - b.leaf || a.subleaf - b.subleaf)
      .map((entry) => ({ ...entry }));
  }

  /** The model that L1 sees. */
  toModel(id: string): CpuModel {
    return {
      id,
      title: `${this.host.title} as shown by ${id}`,
      vendor: this.host.vendor,
      source: "derived by the column's capability rules",
      cpuid: this.cpuidEntries(),
      msrs: new Map(this.msrs),
      maxPhysicalAddress: this.cpuid(0x80000008, 0, "eax") & 0xff || 36,
      gigabytePages: this.hasCpuidBit(0x80000001, 0, "edx", 26),
    };
  }
}
