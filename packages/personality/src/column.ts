import type { CpuModel } from "@hvdiff/cpu";

/** The VMM half of a column, as spelled: `qemu@8.2/Skylake-Client/xsaves=on`. */
export interface VmmSpec {
  readonly product: string;
  readonly version: string;
  /** CPU model as the VMM names it: `host`, `Skylake-Client-v4`, `qemu64`. */
  readonly model: string;
  /** Feature flags and options of the model: `xsaves=on`, `host-phys-bits=on`, `phys-bits=42`. */
  readonly flags: ReadonlyMap<string, string>;
}

/** One parsed column: `product[@version][/param=v…][+vmm[@version][/model][/flag=on|off…]]`, or `metal`, or `ideal`. */
export interface ColumnSpec {
  readonly product: string;
  /** Empty for `metal` and `ideal`. */
  readonly version: string;
  /** Module parameters and product options: `nested=1`, `ept=0`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly vmm: VmmSpec | null;
  /** Full spelling with every default filled in; part of a run's id. */
  readonly text: string;
}

/** What a quirk's condition and rules may look at. */
export interface ColumnContext {
  readonly spec: ColumnSpec;
  readonly silicon: CpuModel;
  /** Module parameter with the release's default filled in. */
  parameter(name: string): string;
  /** Whether the product's (or VMM's, by `of`) version is at least this release. */
  atLeast(version: string, of?: "product" | "vmm"): boolean;
}
