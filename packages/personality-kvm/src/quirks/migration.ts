import { defineQuirk, onSvm, type Quirk } from "@hvdiff/personality";
import { kvmSource, linuxCommit, nestedSource, vmxSource } from "../evidence.ts";
import { offersEnlightenedVmcs } from "./enlightened.ts";

/** What a virtual machine loses when it moves to another host. Each shows under a schedule with `migrate`. */
export const MIGRATION_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/migration/no-nested-state",
    summary: "VMX operation of L1 is left behind: L1 goes on outside of it, and what was L2 goes on as L1.",
    affects: ["KVM_GET_NESTED_STATE", "KVM_SET_NESTED_STATE"],
    until: "4.19",
    confidence: "documented",
    evidence: [linuxCommit("8fcc4b5923af", "kvm: nVMX: Introduce KVM_CAP_NESTED_STATE")],
    policy: { userspace: { movedNestedState: "none" } },
  }),
  defineQuirk({
    id: "kvm/migration/no-nested-svm-state",
    summary:
      "On AMD's processors guest mode and the global interrupt flag are left behind: what was L2 goes on as L1, with interrupts on.",
    affects: ["KVM_GET_NESTED_STATE", "KVM_SET_NESTED_STATE"],
    since: "4.19",
    until: "5.8",
    confidence: "documented",
    evidence: [linuxCommit("cc440cdad5b7", "KVM: nSVM: implement KVM_GET_NESTED_STATE and KVM_SET_NESTED_STATE")],
    when: onSvm,
    policy: { userspace: { movedNestedState: "none" } },
  }),
  defineQuirk({
    id: "kvm/migration/preemption-timer-restarts",
    summary: "What has gone by of L2's VMX-preemption timer is forgotten: it counts from its value at the entry again.",
    affects: ["vmxPreemptionTimerValue", "KVM_GET_NESTED_STATE"],
    until: "5.8",
    confidence: "documented",
    evidence: [linuxCommit("850448f35aaf", "KVM: nVMX: Fix VMX preemption timer migration")],
    policy: { userspace: { movedPreemptionTimer: "from-the-start" } },
  }),
  defineQuirk({
    id: "kvm/migration/apic-timer-restarts",
    summary: "What has gone by of the local APIC's timer is forgotten: it counts from its initial count again.",
    affects: ["KVM_GET_LAPIC"],
    until: "5.8",
    confidence: "documented",
    evidence: [linuxCommit("24647e0a39b6", "KVM: x86: Return updated timer current count register from KVM_GET_LAPIC")],
    policy: { userspace: { movedApicTimer: "from-the-start" } },
  }),
  defineQuirk({
    id: "kvm/migration/soft-event-length-lost",
    summary:
      "The length of the instruction of a software interrupt that L1 injects is lost between VMLAUNCH and entry: L2 returns to the instruction itself.",
    affects: ["vmEntryInstructionLength", "KVM_GET_VCPU_EVENTS"],
    confidence: "inferred",
    evidence: [vmxSource("vmx_inject_irq")],
    policy: { userspace: { movedEventLength: "lost" } },
  }),
  defineQuirk({
    id: "kvm/migration/wake-lost",
    summary:
      "A wake-up by KVM_HC_KICK_CPU that comes before the processor sleeps is lost: KVM_GET_MP_STATE tells it only of a processor that sleeps already.",
    affects: ["KVM_GET_MP_STATE", "KVM_HC_KICK_CPU"],
    confidence: "inferred",
    evidence: [kvmSource("x86.c", "kvm_arch_vcpu_ioctl_get_mpstate")],
    policy: { userspace: { movedWake: "lost" } },
  }),
  defineQuirk({
    id: "kvm/migration/notification-lost",
    summary: "A notification of posted interrupts that L2 has not processed yet is lost: they wait for the next one.",
    affects: ["posted-interrupt notification vector", "KVM_GET_NESTED_STATE"],
    confidence: "inferred",
    evidence: [nestedSource("prepare_vmcs02_early"), nestedSource("vmx_get_nested_state")],
    policy: { userspace: { movedNotification: "lost" } },
  }),
  defineQuirk({
    id: "kvm/migration/enlightened-exit-lost",
    summary:
      "An exit to L1 that its enlightened VMCS has not been told of yet never is: at the new host L1 finds what the page said before.",
    affects: ["KVM_GET_NESTED_STATE", "KVM_SET_NESTED_STATE"],
    since: "5.7",
    until: "5.14",
    confidence: "documented",
    evidence: [
      linuxCommit("e942dbf8c58e", "KVM: nVMX: stop abusing need_vmcs12_to_shadow_sync for eVMCS mapping"),
      linuxCommit("8629b625e015", "KVM: nVMX: Request to sync eVMCS from VMCS12 after migration"),
    ],
    when: offersEnlightenedVmcs,
    policy: { userspace: { movedEnlightenedExit: "lost" } },
  }),
  defineQuirk({
    id: "kvm/migration/clean-fields-forgotten",
    summary:
      "The new host reads all of an enlightened VMCS, clean or not, and clears its clean-fields word: a change that the word did not admit counts.",
    affects: ["KVM_GET_NESTED_STATE", "KVM_SET_NESTED_STATE"],
    confidence: "inferred",
    evidence: [
      nestedSource("nested_vmx_handle_enlightened_vmptrld"),
      linuxCommit(
        "d6bf71a18c74",
        "KVM: nVMX: Ignore 'hv_clean_fields' data when eVMCS data is copied in vmx_get_nested_state()",
      ),
    ],
    when: offersEnlightenedVmcs,
    policy: { userspace: { movedCleanFields: "forgotten" } },
  }),
];
