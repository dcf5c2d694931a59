import { defineQuirk, type Evidence, type Quirk } from "@hvdiff/personality";
import { kvmSource, linuxCommit, nestedSource } from "../evidence.ts";
import { VMCS12_FIELDS, VMCS12_FIELDS_WITH_TSC_SCALING } from "../vmcs12-fields.ts";
import { VMCS12_OFFSETS } from "../vmcs12-layout.ts";

const FIELD_TABLE: Evidence = {
  kind: "source",
  repo: "torvalds/linux",
  path: "arch/x86/kvm/vmx/vmcs12.c",
  commit: "05909cd9a0c8811731b38697af13075e8954314f",
  symbol: "vmcs_field_to_offset_table",
};

/** The kernel's answer to a hypercall it does not know, as RAX carries it. */
const UNKNOWN_HYPERCALL = BigInt.asUintN(64, -1000n);

const FIELDS_SUMMARY =
  "VMREAD and VMWRITE know exactly the fields of KVM's own table, whatever features L1 is offered.";

/** Where KVM's emulation of VMX differs from the manual's operation. */
export const NESTED_POLICY_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/vmx/fields-of-first-table",
    summary: FIELDS_SUMMARY,
    affects: ["vmread", "vmwrite"],
    until: "5.14",
    confidence: "source",
    evidence: [FIELD_TABLE, nestedSource("handle_vmread")],
    policy: { vmxInstructions: { isFieldSupported: (_capabilities, index) => VMCS12_FIELDS.has(index) } },
  }),
  defineQuirk({
    id: "kvm/vmx/fields-of-own-table",
    summary: FIELDS_SUMMARY,
    affects: ["vmread", "vmwrite"],
    since: "5.14",
    confidence: "source",
    evidence: [FIELD_TABLE, linuxCommit("3c0f99366e34", "KVM: nVMX: Add a TSC multiplier field in VMCS12")],
    policy: {
      vmxInstructions: { isFieldSupported: (_capabilities, index) => VMCS12_FIELDS_WITH_TSC_SCALING.has(index) },
    },
  }),
  defineQuirk({
    id: "kvm/vmx/vmcall-is-hypercall",
    summary: "VMCALL outside VMX non-root operation is a hypercall: it succeeds, and RAX holds the answer -1000.",
    affects: ["vmcall"],
    confidence: "source",
    evidence: [kvmSource("x86.c", "kvm_emulate_hypercall")],
    policy: { hypercallResult: UNKNOWN_HYPERCALL },
  }),
  defineQuirk({
    id: "kvm/vmx/link-pointer-may-be-current",
    summary: "A VMCS link pointer that points to the current VMCS itself is not refused for that.",
    affects: ["guest.vmcsLinkPointer.current"],
    confidence: "inferred",
    evidence: [nestedSource("nested_vmx_check_vmcs_link_ptr")],
    policy: { skippedEntryChecks: ["guest.vmcsLinkPointer.current"] },
  }),
  defineQuirk({
    id: "kvm/events/halts-before-injected-event",
    summary:
      "A VM entry into the activity state HLT that injects an event halts first, and the event comes when something else wakes it.",
    affects: ["guestActivityState", "vmEntryInterruptionInformation"],
    until: "4.18",
    confidence: "inferred",
    evidence: [linuxCommit("135a06c3a515", "KVM: nVMX: Don't halt vcpu when L1 is injecting events to L2")],
    policy: { haltsBeforeInjectedEvent: true },
  }),
  defineQuirk({
    id: "kvm/emulation/fetch-where-nothing-is",
    summary:
      "An instruction fetch of L1's kernel from an address that no memory backs stops the virtual machine with an internal error (suberror 1, emulation failure); hardware fetches bytes FF, which are #UD.",
    affects: ["EPT_VIOLATION"],
    confidence: "source",
    evidence: [
      kvmSource("x86.c", "handle_emulation_failure"),
      {
        kind: "report",
        where: "a developer's account of writing a nested hypervisor",
        title: "KVM internal error. Suberror: 1, RIP=00000000000b0000",
      },
    ],
    policy: { unbackedFetch: "KVM internal error. Suberror: 1" },
  }),
  defineQuirk({
    id: "kvm/vmx/unbacked-virtual-apic-page-refused-late",
    summary:
      "A virtual-APIC page that no RAM backs makes the entry fail with error 7, or the TPR shadow is dropped when all CR8 accesses exit.",
    affects: ["virtualApicAddress"],
    confidence: "source",
    evidence: [nestedSource("nested_get_vmcs12_pages")],
    policy: { unbackedVirtualApicPage: "refuse-late" },
  }),
  defineQuirk({
    id: "kvm/vmx/vmcs12-copied-while-current",
    summary:
      "The current VMCS is a copy outside the guest's memory: stores to its page between VMPTRLD and VMCLEAR, or the VMPTRLD of another VMCS, are lost.",
    affects: ["vmptrld", "vmclear", "vmread", "vmwrite"],
    confidence: "source",
    evidence: [nestedSource("handle_vmptrld"), nestedSource("nested_release_vmcs12")],
    policy: { vmcs12: { home: "copy" } },
  }),
  defineQuirk({
    id: "kvm/vmx/vmxoff-drops-vmcs12",
    summary: "VMXOFF does not write the current VMCS to its page: what was not cleared is lost.",
    affects: ["vmxoff"],
    confidence: "source",
    evidence: [nestedSource("free_nested")],
    policy: { vmxInstructions: { writesBackAtVmxoff: false } },
  }),
  defineQuirk({
    id: "kvm/vmx/vmcs12-own-layout",
    summary: "The page of a VMCS has KVM's own layout, the same on every processor.",
    affects: ["vmclear", "vmptrld"],
    confidence: "source",
    evidence: [{ ...FIELD_TABLE, path: "arch/x86/kvm/vmx/vmcs12.h", symbol: "vmx_check_vmcs12_offsets" }],
    policy: { vmcs12: { fieldOffsets: VMCS12_OFFSETS } },
  }),
];
