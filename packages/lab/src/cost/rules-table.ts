/** What a hypervisor stands on: silicon; another hypervisor, which counts what goes down; or nothing, because it translates. */
export type Ground = "silicon" | "hypervisor" | "translation";

/** How counters become cycles: each counter that the pattern matches counts so often for the parameter. */
export interface CostRule {
  readonly title: string;
  readonly counters: RegExp;
  /** Counters that are taken away from those. */
  readonly less?: RegExp;
  readonly parameter: string;
  /** Where a hypervisor pays for it. Absent: everywhere, because it is its own work. */
  readonly on?: readonly Ground[];
}

const ON_SILICON: readonly Ground[] = ["silicon"];

/** What of an L0's work the model puts a price on. What is not here is part of something that is: `merge`, `reflect`. */
export const COST_RULES: readonly CostRule[] = [
  { title: "exits of L1", counters: /^exits\.l1\./, parameter: "round-trip", on: ON_SILICON },
  { title: "exits of L2", counters: /^exits\.l2\./, parameter: "round-trip", on: ON_SILICON },
  {
    title: "exits that are none for anybody below",
    counters: /^exits\./,
    parameter: "leave-translation",
    on: ["translation"],
  },
  {
    title: "exits of L1 handled, but VMREAD, VMWRITE",
    counters: /^exits\.l1\.(?!VMREAD$|VMWRITE$)/,
    less: /^entries\.l2$/,
    parameter: "handle",
  },
  { title: "exits of L2 that L0 handles", counters: /^exits\.l2\./, less: /^reflected$/, parameter: "handle" },
  {
    title: "VMREADs and VMWRITEs of L1 that exit",
    counters: /^exits\.l1\.(VMREAD|VMWRITE)$/,
    parameter: "emulate-access",
  },
  {
    title: "VMREADs and VMWRITEs of L1 that do not",
    counters: /^vm(read|write)\.l1\.shadowed$/,
    parameter: "access",
    on: ON_SILICON,
  },
  { title: "nested entries", counters: /^entries\.l2$/, parameter: "merge" },
  { title: "MSR bitmaps merged", counters: /^merges\.msr-bitmap$/, parameter: "merge-bitmap" },
  {
    title: "nested entries with changed controls",
    counters: /^entries\.changed-controls$/,
    parameter: "changed-controls",
    on: ON_SILICON,
  },
  { title: "exits that L1 is given", counters: /^reflected$/, parameter: "reflect" },
  {
    title: "copies to and from the shadow VMCS",
    counters: /^copies\.(shadow-vmcs01-to-vmcs12|vmcs12-to-shadow-vmcs01)$/,
    parameter: "switch-vmcs",
    on: ON_SILICON,
  },
  {
    title: "fields of these",
    counters: /^fields\.(shadow-vmcs01-to-vmcs12|vmcs12-to-shadow-vmcs01)$/,
    parameter: "access",
    on: ON_SILICON,
  },
  {
    title: "fields to and from the enlightened VMCS",
    counters: /^fields\.(enlightened-to-vmcs12|vmcs12-to-enlightened)$/,
    parameter: "copy-field",
  },
  { title: "VMCS regions copied", counters: /^copies\..*-memory/, parameter: "copy-page" },
  {
    title: "flushes of the TLB",
    counters: /^flushes\.(vpid|ept)/,
    parameter: "flush",
    on: ["silicon", "translation"],
  },
];
