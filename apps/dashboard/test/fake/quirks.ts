import type { Cause, QuirkResult } from "@hvdiff/lab";

function quirk(id: string, summary: string, more: Partial<QuirkResult>): QuirkResult {
  const product = id.split("/")[0] ?? id;
  return { id, summary, product, affects: [], confidence: "source", evidence: [], optIn: false, ...more };
}

/** Quirk records of the shapes that matter to a page: open and closed version ranges, every kind of evidence, most confidences. */
export const FAKE_QUIRKS: readonly QuirkResult[] = [
  quirk(
    "qemu/vmx/named-model-omits-xsaves",
    "A named client CPU model leaves the XSAVES control out of its VMX feature words although XSAVES can be switched on in CPUID.",
    {
      affects: ["IA32_VMX_PROCBASED_CTLS2.enableXsaves"],
      since: "4.2",
      evidence: [
        {
          kind: "commit",
          text: "qemu target/i386/cpu.c: target/i386: add VMX features to named CPU models",
          url: "https://example.org/qemu/commit/0723cc8a5558",
        },
        {
          kind: "report",
          text: "vmx: XSAVES in a kernel that was turned into a guest while running",
          url: "https://example.org/report",
        },
      ],
    },
  ),
  quirk("qemu/cpu/phys-bits-40", "Named 64-bit models show 40 physical-address bits whatever the host has.", {
    affects: ["CPUID.80000008.EAX"],
    since: "≤2.12",
    evidence: [{ kind: "source", text: "qemu target/i386/cpu.c TCG_PHYS_ADDR_BITS" }],
  }),
  quirk("kvm/vmx/hypervisor-leaf", "CPUID shows the hypervisor bit and KVM's leaves from 40000000H.", {
    affects: ["CPUID.1.ECX.31", "CPUID.40000000"],
    since: "≤2.6",
    confidence: "documented",
    evidence: [
      {
        kind: "document",
        text: "KVM-specific MSRs and CPUID, Documentation/virt/kvm/x86/cpuid.rst",
        url: "https://example.org/cpuid.rst",
      },
    ],
  }),
  quirk("virtualbox/cpuid/no-xsaves", "CPUID leaf 0DH, subleaf 1 is zeroed, so XSAVEC and XSAVES are not offered.", {
    since: "6.1",
    until: "7.1",
    evidence: [{ kind: "source", text: "VirtualBox src/VBox/VMM/VMMR3/CPUMR3CpuId.cpp" }],
  }),
  quirk("virtualbox/vmx/no-xsaves-control", "The secondary control that XSAVES needs cannot be set.", {
    since: "6.1",
    evidence: [{ kind: "source", text: "VirtualBox src/VBox/VMM/VMMAll/CPUMAllMsrs.cpp" }],
  }),
  quirk(
    "virtualbox/vmx/read-only-fields",
    "VMWRITE to a read-only field fails with error 13 because IA32_VMX_MISC bit 29 is clear.",
    { since: "6.1", confidence: "inferred" },
  ),
  quirk("vmware/cpuid/hypervisor-leaf", "CPUID shows the hypervisor bit and VMware's leaves from 40000000H.", {
    since: "≤16",
    confidence: "reported",
    evidence: [{ kind: "report", text: "a dump in a forum post of 2021", url: "https://example.org/dump" }],
  }),
];

/** The cause that names these quirks; without any, the difference is unexplained. */
export function causeOf(...ids: readonly string[]): Cause {
  const quirks = FAKE_QUIRKS.filter((quirk) => ids.includes(quirk.id));
  if (quirks.length > 0) return { kind: "quirks", quirks };
  return { kind: "unattributed", reason: "no set of at most 3 of 14 quirks makes this verdict the reference's" };
}
