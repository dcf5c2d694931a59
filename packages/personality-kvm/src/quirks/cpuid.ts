import { type ColumnContext, defineQuirk, keepFeatures, type Quirk, setLeaf, showFeature } from "@hvdiff/personality";
import { CPUID_WORDS, type CpuidFeature, type CpuidWordDef } from "@hvdiff/spec";
import { kvmSource } from "../evidence.ts";

type WordName = keyof typeof CPUID_WORDS;

/** Features of each word that KVM can give a guest; VMX and SVM are the module parameter's business. */
const SUPPORTED: Partial<Record<WordName, string>> = {
  leaf1Ecx:
    "pni pclmulqdq vmx ssse3 fma cx16 pdcm pcid sse4.1 sse4.2 x2apic movbe popcnt tsc-deadline aes xsave avx f16c rdrand hypervisor",
  leaf1Edx: "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht",
  leaf6Eax: "arat",
  leaf6Ecx: "",
  leaf7Ebx:
    "fsgsbase tsc-adjust bmi1 hle avx2 smep bmi2 erms invpcid rtm mpx avx512f avx512dq rdseed adx smap avx512ifma clflushopt clwb avx512pf avx512er avx512cd sha-ni avx512bw avx512vl",
  leaf7Ecx:
    "avx512vbmi umip pku ospke waitpkg avx512vbmi2 gfni vaes vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq la57 rdpid bus-lock-detect cldemote movdiri movdir64b",
  leaf7Edx:
    "avx512-4vnniw avx512-4fmaps fsrm avx512-vp2intersect md-clear serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl stibp arch-capabilities ssbd",
  leaf80000001Ecx:
    "lahf-lm cmp-legacy svm cr8legacy abm sse4a misalignsse 3dnowprefetch osvw xop fma4 tbm topoext perfctr-core",
  leaf80000008Ebx:
    "clzero xsaveerptr wbnoinvd ibpb ibrs amd-ssbd virt-ssbd amd-no-ssb amd-stibp stibp-always-on amd-psfd",
};

const SUPPORTED_CPUID = kvmSource("cpuid.c", "kvm_set_cpu_caps");

function unsupported([name, features]: [string, string]): Quirk {
  const word: CpuidWordDef = CPUID_WORDS[name as WordName];
  const { leaf, subleaf = 0, register } = word;
  const label = `${leaf.toString(16)}${word.subleaf === undefined ? "" : `.${subleaf}`}.${register}`;
  return defineQuirk({
    id: `kvm/cpuid/unsupported-${label.replaceAll(".", "-")}`,
    summary: `Features of CPUID ${label} that KVM does not know or does not virtualize are hidden from guests.`,
    affects: [`cpuid.${label}`],
    confidence: "assumed",
    evidence: [SUPPORTED_CPUID],
    capabilities: {
      stage: "kernel-supported",
      apply: (profile) =>
        keepFeatures(
          profile,
          { leaf, subleaf, register },
          features.split(" ").filter((name) => name !== "") as CpuidFeature[],
        ),
    },
  });
}

const SIGNATURE = [0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x0000_004d] as const;
/** Clock in both spellings; asynchronous page faults, steal time, end-of-interrupt bits and host polling only keep what is written. */
const PARAVIRTUAL_MSRS = {
  wallClock: [0x11, 0x4b56_4d00],
  systemTime: [0x12, 0x4b56_4d01],
  kept: [0x4b56_4d02, 0x4b56_4d03, 0x4b56_4d04, 0x4b56_4d05, 0x4b56_4d06, 0x4b56_4d07],
};
/** Clock (both), no I/O delay, asynchronous page faults, steal time, paravirtual EOI, stable clock. */
const PARAVIRTUAL_FEATURES = 0x0100_007b;

function flag(context: ColumnContext, name: string): boolean {
  return context.spec.vmm?.flags.get(name) !== "off";
}

const HYPERVISOR_BIT = defineQuirk({
  id: "kvm/cpuid/hypervisor-bit",
  summary: "CPUID says that a hypervisor is present.",
  affects: ["cpuid.1.ecx"],
  confidence: "assumed",
  evidence: [SUPPORTED_CPUID],
  when: (context) => flag(context, "hypervisor"),
  capabilities: { stage: "vmm", apply: (profile) => showFeature(profile, "hypervisor") },
});

const PARAVIRTUAL_LEAVES = defineQuirk({
  id: "kvm/cpuid/paravirtual-leaves",
  summary: "CPUID leaves from 4000_0000H name KVM and its paravirtual features, whose MSRs are there.",
  affects: ["cpuid.40000000", "cpuid.40000001", "rdmsr", "wrmsr"],
  confidence: "documented",
  evidence: [
    { kind: "document", title: "Linux kernel: KVM CPUID bits", url: "https://docs.kernel.org/virt/kvm/x86/cpuid.html" },
  ],
  when: (context) => flag(context, "kvm"),
  policy: { paravirtualClock: PARAVIRTUAL_MSRS },
  capabilities: {
    stage: "vmm",
    apply(profile) {
      setLeaf(profile, { leaf: 0x4000_0000 }, SIGNATURE);
      setLeaf(profile, { leaf: 0x4000_0001 }, [PARAVIRTUAL_FEATURES, 0, 0, 0]);
    },
  },
});

/** What KVM changes in CPUID before and beside its VMM. */
export const CPUID_QUIRKS: readonly Quirk[] = [
  ...Object.entries(SUPPORTED).map(unsupported),
  HYPERVISOR_BIT,
  PARAVIRTUAL_LEAVES,
];
