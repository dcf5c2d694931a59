/** One CPUID leaf (and sub-leaf where the leaf has them) as the silicon reports it, before dynamic bits are filled in. */
export interface CpuidEntry {
  readonly leaf: number;
  readonly subleaf: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/**
 * A processor as data: what CPUID and the capability MSRs say. Used for the silicon; what a VMM shows its guest is derived from it
 * by the column.
 */
export interface CpuModel {
  /** Lower-case id as `--cpu` takes it: `skylake-client`. */
  readonly id: string;
  readonly title: string;
  readonly vendor: "intel" | "amd";
  /** Where the values come from: a capture, a manual, a cited log. One sentence. */
  readonly source: string;
  readonly cpuid: readonly CpuidEntry[];
  /** Read-only capability MSRs by address (IA32_VMX_* …), 64-bit values. */
  readonly msrs: ReadonlyMap<number, bigint>;
  /** Physical-address width in bits; equals CPUID.80000008H:EAX[7:0]. */
  readonly maxPhysicalAddress: number;
  /** CPUID.80000001H:EDX[26]. */
  readonly gigabytePages: boolean;
}
