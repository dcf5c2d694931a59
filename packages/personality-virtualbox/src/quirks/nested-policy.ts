import { defineQuirk, type Quirk } from "@hvdiff/personality";
import { msrAddress } from "@hvdiff/spec";
import {
  ENTRY_PRECONDITIONS,
  type PointerCheck,
  VMCLEAR_POINTER_CHECKS,
  VMPTRLD_POINTER_CHECKS,
  type VmxEnvironment,
} from "@hvdiff/vmx";
import { HM_VMX_HEADER, IEM_VMX, VMM_SOURCE } from "../evidence.ts";
import { VMCS12_OFFSETS } from "../vmcs12-layout.ts";

/** The answer of the KVM provider to a hypercall it does not know, as RAX carries it. */
const UNKNOWN_HYPERCALL = -1000;

/** Reads of addresses that nothing claims give all ones, which no VMCS in use begins with. */
const NOTHING_THERE = -1;
const HALF = 0x1_0000_0000;

function notRam(id: string, sdm: string, error: number): PointerCheck {
  return {
    id,
    sdm,
    error,
    violated: (env, lo, hi) => env.readRevision((lo >>> 0) + (hi >>> 0) * HALF) === NOTHING_THERE,
  };
}

const VMCLEAR_RAM = notRam("virtualbox.vmclear.ram", '3C "VMCLEAR—Clear Virtual-Machine Control Structure"', 2);
const VMPTRLD_RAM = notRam(
  "virtualbox.vmptrld.ram",
  '3C "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"',
  9,
);

/** The architecture's address and VMXON-pointer checks, then that of RAM, then the rest. */
function withRam(checks: readonly PointerCheck[], ram: PointerCheck): PointerCheck[] {
  const [address, vmxonPointer, ...rest] = checks;
  return [address, vmxonPointer, ram, ...rest].filter((check) => check !== undefined);
}

const BLOCKED_BY_STI_TOO = ENTRY_PRECONDITIONS.map((check) =>
  check.id !== "entry.blockedByMovSs"
    ? check
    : { ...check, violated: (env: VmxEnvironment) => env.context.isBlockedByMovSs || env.context.isBlockedBySti },
);

/** Where VirtualBox's emulation of VMX differs from the manual's operation beyond single checks. */
export const NESTED_POLICY_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "virtualbox/vmx/vmclear-needs-ram",
    summary: "VMCLEAR of an address that is not ordinary RAM fails with error 2.",
    affects: ["vmclear"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { vmxInstructions: { vmclearPointerChecks: withRam(VMCLEAR_POINTER_CHECKS, VMCLEAR_RAM) } },
  }),
  defineQuirk({
    id: "virtualbox/vmx/vmptrld-needs-ram",
    summary: "VMPTRLD of an address that is not ordinary RAM fails with error 9, not 11.",
    affects: ["vmptrld"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { vmxInstructions: { vmptrldPointerChecks: withRam(VMPTRLD_POINTER_CHECKS, VMPTRLD_RAM) } },
  }),
  defineQuirk({
    id: "virtualbox/vmx/entry-blocked-by-sti",
    summary:
      "VMLAUNCH and VMRESUME right behind STI fail with error 26: blocking by STI is not told from blocking by MOV SS.",
    affects: ["vmlaunch", "vmresume"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { vmxInstructions: { entryPreconditions: BLOCKED_BY_STI_TOO } },
  }),
  defineQuirk({
    id: "virtualbox/vmx/vmcall-is-hypercall",
    summary:
      "VMCALL outside VMX non-root operation goes to the paravirtualization provider, which answers -1000 in RAX.",
    affects: ["vmcall"],
    confidence: "inferred",
    evidence: [IEM_VMX],
    when: (context) => context.parameter("paravirt-provider") === "kvm",
    policy: { hypercalls: { unknown: UNKNOWN_HYPERCALL } },
  }),
  defineQuirk({
    id: "virtualbox/vmx/msr-load-refuses-efer",
    summary: "The VM-entry MSR-load list may not name IA32_EFER.",
    affects: ["vmEntryMsrLoadAddress", "IA32_EFER"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { refusedMsrLoads: [msrAddress("IA32_EFER")] },
  }),
  defineQuirk({
    id: "virtualbox/vmx/msr-load-index-from-0",
    summary: "The exit qualification of a failed MSR load counts the entries of the list from 0.",
    affects: ["exitQualification"],
    confidence: "inferred",
    evidence: [IEM_VMX],
    policy: { msrLoadFailureQualification: (index) => index },
  }),
  defineQuirk({
    id: "virtualbox/vmx/msr-lists-limited",
    summary:
      "A VM-entry MSR-load list of more than 512 entries fails with exit 34 (its qualification is assumed); the manual leaves lists that long to the processor.",
    affects: ["vmEntryMsrLoadCount", "vmExitMsrLoadCount", "vmExitMsrStoreCount"],
    confidence: "assumed",
    evidence: [IEM_VMX],
    policy: { msrListLimit: 512 },
  }),
  defineQuirk({
    id: "virtualbox/vmx/exit-information-zeroed-at-entry",
    summary: "The exit-information fields are zeroed as soon as controls and host state have passed their checks.",
    affects: ["vmlaunch", "vmresume"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { zeroesExitInformationAtEntry: true },
  }),
  defineQuirk({
    id: "virtualbox/vmx/init-resets-in-root",
    summary: "An INIT resets a virtual processor in VMX root operation, where it has to wait for VMXOFF.",
    affects: ["vmxon", "vmxoff"],
    confidence: "source",
    evidence: [VMM_SOURCE],
    policy: { initInRoot: "resets" },
  }),
  defineQuirk({
    id: "virtualbox/vmx/vmcs12-copied-while-current",
    summary:
      "The current VMCS is a copy in the virtual processor's context: stores to its page between VMPTRLD and VMCLEAR, or the VMPTRLD of another VMCS, are lost.",
    affects: ["vmptrld", "vmclear", "vmread", "vmwrite"],
    confidence: "source",
    evidence: [IEM_VMX],
    policy: { vmcs12: { home: "copy" } },
  }),
  defineQuirk({
    id: "virtualbox/vmx/vmcs12-own-layout",
    summary: "The page of a VMCS has VirtualBox's own layout, the same on every processor.",
    affects: ["vmclear", "vmptrld"],
    confidence: "source",
    evidence: [HM_VMX_HEADER],
    policy: { vmcs12: { fieldOffsets: VMCS12_OFFSETS } },
  }),
];
