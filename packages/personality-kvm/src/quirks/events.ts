import { type ColumnContext, defineQuirk, type Quirk } from "@hvdiff/personality";
import { controlMask, MSRS } from "@hvdiff/spec";
import { linuxCommit, NESTED_TALK, nestedSource, oldSource, vmxSource } from "../evidence.ts";

const POSTED_INTERRUPTS = BigInt(controlMask("pin", "processPostedInterrupts"));
const VIRTUAL_INTERRUPTS = BigInt(controlMask("secondary", "virtualInterruptDelivery"));
const ALLOWED = 32n;

/** Whether KVM leaves L1's local APIC to silicon. */
function usesApicv({ silicon: { msrs }, parameter }: ColumnContext): boolean {
  const pin = (msrs.get(MSRS.IA32_VMX_PINBASED_CTLS.address) ?? 0n) >> ALLOWED;
  const secondary = (msrs.get(MSRS.IA32_VMX_PROCBASED_CTLS2.address) ?? 0n) >> ALLOWED;
  return (
    (pin & POSTED_INTERRUPTS) !== 0n && (secondary & VIRTUAL_INTERRUPTS) !== 0n && parameter("enable_apicv") === "1"
  );
}

/** What KVM makes of events that come at a bad moment. Each shows under some schedule only: `hvdiff explore`. */
export const EVENT_QUIRKS: readonly Quirk[] = [
  defineQuirk({
    id: "kvm/events/l2-exception-into-l1",
    summary: "An exception that waits for L2 when an interrupt ends L2's run is raised in L1, behind the VM exit.",
    affects: ["rdmsr", "exitReason"],
    until: "4.15",
    confidence: "documented",
    evidence: [
      linuxCommit("664f8e26b00c", "KVM: X86: Fix loss of exception which has not yet been injected"),
      linuxCommit("5c7d4f9ad39d", "KVM: nVMX: Fix bug of injecting L2 exception into L1"),
      NESTED_TALK,
    ],
    policy: { events: { exceptionMeetsInterrupt: "follows-exit" } },
  }),
  defineQuirk({
    id: "kvm/events/reinjection-hides-interrupt",
    summary:
      "An interrupt of L1's that comes while an event of L2 is to be delivered again is not looked at: if the next exit of L2 goes to L1, L1 runs without it.",
    affects: ["idtVectoringInformation", "EPT_VIOLATION"],
    until: "4.17",
    confidence: "source",
    evidence: [
      linuxCommit("1a680e355c94", "KVM: nVMX: Require immediate-exit when event reinjected to L2 and L1 event pending"),
      oldSource("x86.c", "inject_pending_event"),
      NESTED_TALK,
    ],
    // With APICv silicon looks at what is requested whenever it enters L1.
    when: (context) => !usesApicv(context),
    policy: { events: { besideReinjection: "left-until-requested" } },
  }),
  defineQuirk({
    id: "kvm/events/posted-interrupt-before-entry",
    summary: "An interrupt that is posted to L1 right before L2 is entered waits until L2 exits for another reason.",
    affects: ["externalInterruptExiting"],
    until: "4.16",
    confidence: "source",
    evidence: [
      linuxCommit(
        "f27a85c4988d",
        "KVM: nVMX: Re-evaluate L1 pending events when running L2 and L1 got posted-interrupt",
      ),
      oldSource("vmx.c", "vmx_sync_pir_to_irr"),
      NESTED_TALK,
    ],
    when: usesApicv,
    policy: { events: { arrivalBeforeEntry: "left-for-next-exit" } },
  }),
  defineQuirk({
    id: "kvm/events/direct-interrupt-not-acknowledged",
    summary:
      "An interrupt that L1 leaves to L2 is injected without the local APIC being told: it comes again at each entry of L2, and to L1.",
    affects: ["externalInterruptExiting"],
    until: "4.16",
    confidence: "source",
    evidence: [
      linuxCommit("851c1a18c541", "KVM: nVMX: Fix injection to L2 when L1 don't intercept external-interrupts"),
      oldSource("vmx.c", "vmx_hwapic_irr_update"),
    ],
    when: usesApicv,
    policy: { events: { directInterrupts: "injected-while-requested" } },
  }),
  defineQuirk({
    id: "kvm/events/nested-notification-after-kick",
    summary:
      "A notification of posted interrupts that is sent while the other processor is about to enter L2 is seen at its next exit only.",
    affects: ["processPostedInterrupts"],
    until: "4.16",
    confidence: "source",
    evidence: [
      linuxCommit("6b6977117f50", "KVM: nVMX: Fix races when sending nested PI while dest enters/leaves L2"),
      linuxCommit("705699a13994", "KVM: nVMX: Enable nested posted interrupt processing"),
      // Where the request came behind the notification still.
      {
        kind: "source",
        repo: "GiantVM/KVM-Annotation",
        commit: "2b57c6d6b177",
        path: "arch/x86/kvm/vmx.c",
        symbol: "vmx_deliver_nested_posted_interrupt",
      },
    ],
    when: usesApicv,
    policy: { events: { notification: "after-looking" } },
  }),
  defineQuirk({
    id: "kvm/events/virtual-interrupt-wakes-nobody",
    summary: "An L2 that has halted is not woken by an interrupt that waits in its virtual APIC or is posted to it.",
    affects: ["hltExiting", "virtualInterruptDelivery", "processPostedInterrupts"],
    until: "4.19",
    confidence: "documented",
    evidence: [
      linuxCommit("e6c67d8cf117", "KVM: nVMX: Wake blocked vCPU in guest-mode if pending interrupt in virtual APICv"),
    ],
    when: usesApicv,
    policy: { events: { haltedL2: "woken-by-events-of-l1" } },
  }),
  defineQuirk({
    id: "kvm/events/eoi-exits-of-vmcs02",
    summary:
      "When the I/O APIC's entries change while L2 runs, L1 goes on with the old EOI-exit bitmap: the I/O APIC does not hear that a level-triggered interrupt with a new vector is over, and the line is dead.",
    affects: ["eoiExitBitmap0"],
    until: "4.17",
    confidence: "source",
    evidence: [
      linuxCommit("e40ff1d6608d", "KVM: nVMX: Do not load EOI-exitmap while running L2"),
      oldSource("vmx.c", "vmx_load_eoi_exitmap"),
      NESTED_TALK,
    ],
    when: usesApicv,
    policy: { events: { endsOfInterrupts: "noted-in-current-vmcs" } },
  }),
  defineQuirk({
    id: "kvm/events/trap-dropped",
    summary:
      "The single-step trap behind an instruction of L2 that KVM has done is lost when an interrupt that L1 takes comes at the same moment.",
    affects: ["externalInterruptExiting", "exitReason"],
    since: "4.15",
    until: "5.8",
    confidence: "inferred",
    evidence: [
      linuxCommit("5c7d4f9ad39d", "KVM: nVMX: Fix bug of injecting L2 exception into L1"),
      linuxCommit("6ce347af1477", "KVM: nVMX: Preserve exception priority irrespective of exiting behavior"),
    ],
    policy: { events: { exceptionMeetsInterrupt: "dropped" } },
  }),
  defineQuirk({
    id: "kvm/events/registers-before-exit",
    summary:
      "An exception that KVM raises in L2 changes CR2 or DR6 although L1 takes it as an exit: L1 finds the registers changed.",
    affects: ["exceptionBitmap", "exitQualification"],
    until: "5.10",
    confidence: "source",
    evidence: [
      linuxCommit("c851436a34ca", "kvm: x86: Add has_payload and payload to kvm_queued_exception"),
      linuxCommit("a06230b62b89", "KVM: x86: Deliver exception payload on KVM_GET_VCPU_EVENTS"),
    ],
    // Since 4.20 only for those who do not ask for KVM_CAP_EXCEPTION_PAYLOAD; QEMU does since 4.1.
    when: ({ atLeast, spec }) => !(atLeast("4.20") && spec.vmm?.product === "qemu" && atLeast("4.1", "vmm")),
    policy: { events: { exceptionRegisters: "when-raised" } },
  }),
  defineQuirk({
    id: "kvm/events/notification-forgotten",
    summary:
      "A notification of posted interrupts that comes while L2 runs is forgotten when L2 leaves to L1 before it is processed: L1 is not interrupted, and what is posted waits for the next notification.",
    affects: ["processPostedInterrupts"],
    confidence: "source",
    evidence: [vmxSource("vmx_deliver_nested_posted_interrupt"), nestedSource("prepare_vmcs02_early")],
    when: usesApicv,
    policy: { events: { unprocessedNotification: "forgotten" } },
  }),
];
