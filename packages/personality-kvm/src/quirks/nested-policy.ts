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

const APIC_ACCESS_PAGE = linuxCommit("671ddc700fd0", "KVM: nVMX: Don't leak L1 MMIO regions to L2");

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
    id: "kvm/vmx/unbacked-apic-access-page-dropped",
    summary: "Accesses to an APIC-access page that no RAM of L1 backs are not virtualized: they reach what is there.",
    affects: ["apicAccessAddress", "virtualizeApicAccesses"],
    until: "5.5",
    confidence: "inferred",
    evidence: [APIC_ACCESS_PAGE],
    policy: { unbackedApicAccessPage: "not-virtualized" },
  }),
  defineQuirk({
    id: "kvm/vmx/unbacked-apic-access-page-stops",
    summary:
      "A VM entry with an APIC-access page that no RAM of L1 backs stops the virtual machine with an internal error (suberror 1); hardware only compares addresses.",
    affects: ["apicAccessAddress", "virtualizeApicAccesses"],
    since: "5.5",
    confidence: "source",
    evidence: [nestedSource("nested_get_vmcs12_pages"), APIC_ACCESS_PAGE],
    policy: { unbackedApicAccessPage: { stops: "KVM internal error. Suberror: 1" } },
  }),
  defineQuirk({
    id: "kvm/vmx/emulated-step-alone",
    summary:
      "The single-step trap behind an instruction that KVM emulates, such as WBINVD, tells of the step alone: breakpoints that MOV SS has held back stay pending in the VMCS.",
    affects: ["exitQualification", "guestPendingDebugExceptions"],
    confidence: "source",
    evidence: [
      kvmSource("x86.c", "kvm_vcpu_do_singlestep"),
      {
        kind: "source",
        repo: "kvm-unit-tests",
        path: "x86/vmx_tests.c",
        commit: "1da1819e",
        symbol: "vmx_db_test",
      },
    ],
    policy: { interceptsWbinvd: true, trapBehindOwnInstruction: "step-alone" },
  }),
  defineQuirk({
    id: "kvm/vmx/no-monitor-trap-behind-emulation",
    summary:
      "The monitor trap flag makes no exit behind an instruction of L2 that KVM emulates; it comes one instruction later.",
    affects: ["monitorTrapFlag"],
    until: "5.6",
    confidence: "inferred",
    evidence: [linuxCommit("5ef8acbdd687", "KVM: nVMX: Emulate MTF when performing instruction emulation")],
    policy: { monitorTrapBehindOwnInstruction: false },
  }),
  defineQuirk({
    id: "kvm/vmx/msr-lists-limited",
    summary:
      "A VM-entry MSR-load list of more than 512 entries fails at the next one, with exit 34; the manual leaves lists that long to the processor.",
    affects: ["vmEntryMsrLoadCount", "vmExitMsrLoadCount", "vmExitMsrStoreCount"],
    since: "5.4",
    confidence: "inferred",
    evidence: [nestedSource("nested_vmx_load_msr"), linuxCommit("f0b5105af662", "kvm: nvmx: limit atomic switch MSRs")],
    policy: { msrListLimit: 512 },
  }),
  defineQuirk({
    id: "kvm/vmx/access-rights-reserved-bits-dropped",
    summary:
      "VMWRITE drops reserved bits of a segment's access rights, as some processors do, whatever this processor does.",
    affects: ["vmwrite", "guestCsAccessRights"],
    since: "5.3",
    confidence: "source",
    evidence: [
      nestedSource("handle_vmwrite"),
      linuxCommit("b643780562af", "KVM: nVMX: Intercept VMWRITEs to GUEST_{CS,SS}_AR_BYTES"),
    ],
    policy: { vmxInstructions: { writtenAccessRights: 0x1f0ff } },
  }),
  defineQuirk({
    id: "kvm/events/init-resets-in-root",
    summary: "An INIT resets a virtual processor in VMX root operation, where it has to wait for VMXOFF.",
    affects: ["vmxon", "vmxoff"],
    until: "5.4",
    confidence: "inferred",
    evidence: [linuxCommit("4b9852f4f389", "KVM: x86: Fix INIT signal handling in various CPU states")],
    policy: { initInRoot: "resets" },
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
