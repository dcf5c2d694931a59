import { type ColumnContext, defineQuirk, fixControls, onEnlightened, type Quirk } from "@hvdiff/personality";
import type { ControlName } from "@hvdiff/spec";
import { kvmSource, linuxCommit, nestedSource } from "../evidence.ts";

/** QEMU asks for the enlightened VMCS. */
export function offersEnlightenedVmcs(context: ColumnContext): boolean {
  return context.spec.vmm?.flags.get("hv-evmcs") === "on";
}

/** A flag of QEMU's for a part of Hyper-V's interface, or the one for all parts. */
function hasFlag(...names: readonly string[]): (context: ColumnContext) => boolean {
  return ({ spec, silicon }) =>
    silicon.vendor === "intel" && ["hv-passthrough", ...names].some((name) => spec.vmm?.flags.get(name) === "on");
}

/** What version 1 of the enlightened VMCS has no field for, and TSC scaling, which KVM leaves out as well. */
const UNSAYABLE_PIN: readonly ControlName<"pin">[] = ["activateVmxPreemptionTimer", "processPostedInterrupts"];
const UNSAYABLE_SECONDARY: readonly ControlName<"secondary">[] = [
  "virtualizeApicAccesses",
  "apicRegisterVirtualization",
  "virtualInterruptDelivery",
  "pauseLoopExiting",
  "enableVmFunctions",
  "vmcsShadowing",
  "enablePml",
  "eptViolationVe",
  "modeBasedExecuteControl",
  "subPageWritePermissions",
  "useTscScaling",
];

/** The enlightened VMCS as KVM offers it where its VMM asks for it (hv-evmcs=on). */
export const ENLIGHTENED_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/hyper-v/hypercalls",
    summary:
      "A guest that has written MSR 4000_0000H makes Hyper-V's hypercalls by VMCALL, and an unknown one returns status 2.",
    affects: ["vmcall", "wrmsr"],
    confidence: "source",
    evidence: [kvmSource("hyperv.c", "kvm_hv_hypercall")],
    when: hasFlag("hv-synic"),
    policy: { enlightened: { hypercalls: true } },
  }),
  defineQuirk({
    id: "kvm/hyper-v/synthetic-interrupts",
    summary: "The guest has Hyper-V's synthetic interrupt controller, whose sources take no vector below 16.",
    affects: ["rdmsr", "wrmsr"],
    confidence: "source",
    evidence: [kvmSource("hyperv.c", "synic_set_msr"), kvmSource("hyperv.c", "synic_set_sint")],
    when: hasFlag("hv-synic"),
    policy: { enlightened: { synic: true } },
  }),
  defineQuirk({
    id: "kvm/hyper-v/synthetic-timers",
    summary: "The guest has Hyper-V's synthetic timers, in messages and, where the VMM says so, by vectors.",
    affects: ["rdmsr", "wrmsr"],
    confidence: "source",
    evidence: [kvmSource("hyperv.c", "stimer_set_config"), kvmSource("hyperv.c", "stimer_expiration")],
    when: hasFlag("hv-stimer"),
    policy: { enlightened: { timers: true } },
  }),
  defineQuirk({
    id: "kvm/hyper-v/reference-time",
    summary: "The guest has Hyper-V's reference counter, and its page for the time stamp with sequence 1.",
    affects: ["rdmsr", "wrmsr"],
    confidence: "source",
    evidence: [kvmSource("hyperv.c", "get_time_ref_counter"), kvmSource("hyperv.c", "compute_tsc_page_parameters")],
    when: hasFlag("hv-time"),
    policy: { enlightened: { referenceTime: true } },
  }),
  defineQuirk({
    id: "kvm/vmx/enlightened-vmcs",
    summary:
      "L1 has Hyper-V's synthetic MSRs, and may keep its VMCS as a page of its own memory instead of by VMREAD and VMWRITE.",
    affects: ["vmlaunch", "vmresume", "vmread", "vmwrite", "wrmsr"],
    since: "4.20",
    confidence: "source",
    evidence: [nestedSource("nested_vmx_handle_enlightened_vmptrld"), kvmSource("vmx/hyperv.c", "nested_enable_evmcs")],
    when: offersEnlightenedVmcs,
    policy: { enlightened: { offered: true } },
  }),
  defineQuirk({
    id: "kvm/vmx/evmcs-accepts-basic-revision",
    summary: "An enlightened VMCS may begin with KVM's VMCS revision instead of its version.",
    affects: ["vmlaunch", "vmresume"],
    since: "4.20",
    confidence: "source",
    evidence: [nestedSource("nested_vmx_handle_enlightened_vmptrld")],
    when: offersEnlightenedVmcs,
    policy: { enlightened: { acceptedVersions: [1, 0x11e57ed0] } },
  }),
  defineQuirk({
    id: "kvm/vmx/evmcs-vmread-reads-page",
    summary: "VMREAD while an enlightened VMCS is active reads its page, where the specification knows no VMREAD then.",
    affects: ["vmread"],
    since: "5.17",
    confidence: "inferred",
    evidence: [nestedSource("handle_vmread")],
    when: offersEnlightenedVmcs,
    policy: { enlightened: { vmreadWhileActive: "reads-page" } },
  }),
  defineQuirk({
    id: "kvm/vmx/evmcs-vmptrld-never-completes",
    summary:
      "VMPTRLD and VMPTRST while an enlightened VMCS is active neither complete nor fault: L1 executes them for ever.",
    affects: ["vmptrld", "vmptrst"],
    since: "4.20",
    confidence: "inferred",
    evidence: [nestedSource("handle_vmptrld"), nestedSource("handle_vmptrst")],
    when: offersEnlightenedVmcs,
    policy: { enlightened: { pointersWhileActive: "repeat" } },
  }),
  defineQuirk({
    id: "kvm/vmx/evmcs-direct-virtual-flush",
    summary:
      "Where L1 asks for it, hypercalls of L2 that flush its TLB do not exit to L1; if L1 holds the TLB's lock, it is told by an exit with reason 1000_0031H.",
    affects: ["vmcall"],
    since: "6.2",
    confidence: "source",
    evidence: [nestedSource("nested_vmx_l0_wants_exit"), kvmSource("hyperv.c", "kvm_hv_hypercall")],
    when: offersEnlightenedVmcs,
    policy: { enlightened: { flushesForL2: true } },
  }),
  defineQuirk({
    id: "kvm/vmx/evmcs-filters-controls",
    summary:
      "Where the enlightened VMCS is offered, controls that it has no field for are not, whether L1 uses it or not.",
    affects: ["IA32_VMX_PINBASED_CTLS", "IA32_VMX_PROCBASED_CTLS2", "IA32_VMX_VMFUNC"],
    since: "4.20",
    confidence: "source",
    evidence: [kvmSource("vmx/hyperv.c", "nested_evmcs_filter_control_msr")],
    when: offersEnlightenedVmcs,
    capabilities: {
      stage: "vmm-msrs",
      apply(profile) {
        fixControls(profile, "pin", ...UNSAYABLE_PIN);
        fixControls(profile, "secondary", ...UNSAYABLE_SECONDARY);
        fixControls(profile, "exit", "saveVmxPreemptionTimerValue", "exitLoadIa32PerfGlobalCtrl");
        fixControls(profile, "entry", "entryLoadIa32PerfGlobalCtrl");
      },
    },
  }),
  // It does not look at VMXON's flags: what it dies of is the #UD of the INVEPT behind it.
  defineQuirk({
    id: "kvm/as-guest/vmxon-region-with-evmcs-version",
    summary:
      "On a hypervisor whose enlightened VMCSs it uses, KVM's VMXON region begins with their version instead of the VMCS revision: VMXON fails there, unless that hypervisor takes it.",
    affects: ["vmxon"],
    since: "4.17",
    until: "4.18",
    confidence: "source",
    evidence: [
      linuxCommit("2307af1c4b2e", "KVM: nVMX: Mark VMXArea with revision_id of physical CPU even when eVMCS enabled"),
    ],
    when: (context) => context.parameter("enlightened_vmcs") === "1" && onEnlightened(context),
    policy: { ownVmxonRevision: "of-vmcs" },
  }),
];
