/** Where the default of a parameter comes from. */
export type CostBasis = "published" | "derived" | "assumed";

/** What one thing costs, in cycles. Every default can be overridden. */
export interface CostParameter {
  readonly name: string;
  readonly cycles: number;
  readonly what: string;
  readonly basis: CostBasis;
  readonly source: string;
}

const ASSUMED_SPLIT =
  "no published figure; chosen so that a nested entry and a nested exit come to about 4,000 cycles each";

/** The parameters of the cost model. */
export const COST_PARAMETERS: readonly CostParameter[] = [
  {
    name: "instruction",
    cycles: 1,
    what: "an instruction of any guest that does not exit",
    basis: "assumed",
    source: "only the slow-down depends on it",
  },
  {
    name: "round-trip",
    cycles: 1100,
    what: "a VM exit and the VM entry after it, without what is done in between",
    basis: "derived",
    source: "Linux ceef7d10dfb6: an RDMSR that exits takes about 1,300 cycles with its handling",
  },
  {
    name: "handle",
    cycles: 200,
    what: "L0's handling of an exit that is its own",
    basis: "derived",
    source: "the rest of those 1,300 cycles",
  },
  {
    name: "emulate-access",
    cycles: 400,
    what: "L0's emulation of a VMREAD or VMWRITE that exited, in place of `handle`",
    basis: "assumed",
    source:
      "with the round trip 1,500 cycles; Linux c5d167b27e00 names about 1,000 cycles saved by each field that is shadowed instead",
  },
  {
    name: "access",
    cycles: 50,
    what: "a VMREAD or VMWRITE that does not exit, L0's own in copies of a shadow VMCS among them",
    basis: "assumed",
    source: "no published figure was found",
  },
  {
    name: "switch-vmcs",
    cycles: 150,
    what: "L0's VMPTRLD and VMCLEAR around a copy to or from a shadow VMCS",
    basis: "assumed",
    source: "no published figure was found",
  },
  {
    name: "merge",
    cycles: 2900,
    what: "making vmcs02 from vmcs12 and checking it, without transitions",
    basis: "assumed",
    source: ASSUMED_SPLIT,
  },
  {
    name: "reflect",
    cycles: 2900,
    what: "giving an exit of L2 to L1: vmcs12 and L1's host state, without transitions",
    basis: "assumed",
    source: ASSUMED_SPLIT,
  },
  {
    name: "merge-bitmap",
    cycles: 300,
    what: "making the MSR bitmap of vmcs02 from L1's: mapping a page, some words",
    basis: "assumed",
    source: "no published figure; Linux c992384bde84 saved about 4,000 by no longer going bit by bit",
  },
  {
    name: "changed-controls",
    cycles: 300,
    what: "checks of controls and host state that an entry makes because a field of them has changed",
    basis: "derived",
    source: "Linux 3af80fec6e7f: several hundred cycles",
  },
  {
    name: "copy-field",
    cycles: 2,
    what: "a field copied between an enlightened VMCS and vmcs12, both memory",
    basis: "assumed",
    source: "a load and a store",
  },
  {
    name: "copy-page",
    cycles: 500,
    what: "a VMCS region copied as a page of memory",
    basis: "assumed",
    source: "no published figure was found",
  },
  {
    name: "leave-translation",
    cycles: 200,
    what: "what a VM exit and a VM entry are where a hypervisor translates: out of the translated code and back, in place of `round-trip`",
    basis: "assumed",
    source: "no published figure for such a hypervisor; as much as `handle`",
  },
  {
    name: "translation",
    cycles: 1,
    what: "how many times as long an instruction takes in a translated guest: a factor",
    basis: "assumed",
    source: "what is said of such hypervisors is only that most of a program runs as it is",
  },
  {
    name: "flush",
    cycles: 200,
    what: "an INVVPID or INVEPT of L0's, without the misses that follow",
    basis: "assumed",
    source: "no published figure was found",
  },
];
