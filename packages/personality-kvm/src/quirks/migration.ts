import { defineQuirk, onSvm, type Quirk } from "@hvdiff/personality";
import { linuxCommit, vmxSource } from "../evidence.ts";

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
];
