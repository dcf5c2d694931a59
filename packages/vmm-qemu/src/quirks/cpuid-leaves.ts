import {
  type CapabilityRule,
  type ColumnContext,
  defineQuirk,
  type GuestProfile,
  hasFeature,
  hideFeatures,
  type Quirk,
  setLeaf,
} from "@hvdiff/personality";
import type { CpuidFeature } from "@hvdiff/spec";
import { cpuSource } from "../evidence.ts";
import { DEFAULT_PHYSICAL_BITS, flagOf, physicalBits, resolveModel } from "../resolve-model.ts";

const CPUID_CODE = cpuSource("cpu_x86_cpuid");

function vmm(apply: CapabilityRule["apply"]): CapabilityRule {
  return { stage: "vmm", apply };
}

const CACHE_LEAVES = defineQuirk({
  id: "qemu/cpuid/cache-leaves",
  summary: "Cache leaves describe QEMU's own caches, in AMD's leaves as well, not the host's.",
  affects: ["cpuid.2", "cpuid.4", "cpuid.80000005", "cpuid.80000006"],
  confidence: "source",
  evidence: [cpuSource("encode_cache_cpuid4"), CPUID_CODE],
  capabilities: vmm((profile) => {
    profile.dropLeaf(4);
    setLeaf(profile, { leaf: 2 }, [0x0000_0001, 0, 0x0000_004d, 0x002c_307d]);
    setLeaf(profile, { leaf: 4, subleaf: 0 }, [0x0000_0121, 0x01c0_003f, 0x0000_003f, 0x0000_0001]);
    setLeaf(profile, { leaf: 4, subleaf: 1 }, [0x0000_0122, 0x01c0_003f, 0x0000_003f, 0x0000_0001]);
    setLeaf(profile, { leaf: 4, subleaf: 2 }, [0x0000_0143, 0x03c0_003f, 0x0000_0fff, 0x0000_0001]);
    setLeaf(profile, { leaf: 4, subleaf: 3 }, [0x0000_0163, 0x03c0_003f, 0x0000_3fff, 0x0000_0006]);
    setLeaf(profile, { leaf: 0x8000_0005 }, [0x01ff_01ff, 0x01ff_01ff, 0x4002_0140, 0x4002_0140]);
    setLeaf(profile, { leaf: 0x8000_0006 }, [0, 0x4200_4200, 0x0200_8140, 0x0080_8140]);
  }),
});

const TOPOLOGY = defineQuirk({
  id: "qemu/cpuid/topology",
  summary: "CPUID describes a package of one core with one thread per virtual processor, not the host's package.",
  affects: ["cpuid.1.ebx", "cpuid.1.edx", "cpuid.b"],
  confidence: "source",
  evidence: [CPUID_CODE],
  capabilities: vmm((profile) => {
    profile.setCpuid(1, 0, "ebx", profile.cpuid(1, 0, "ebx") & ~0x00ff_0000);
    hideFeatures(profile, "ht");
    setLeaf(profile, { leaf: 0xb, subleaf: 0 }, [0, 1, 0x0000_0100, 0]);
    setLeaf(profile, { leaf: 0xb, subleaf: 1 }, [0, 1, 0x0000_0201, 0]);
  }),
});

const MONITOR_LEAF = defineQuirk({
  id: "qemu/cpuid/monitor-leaf",
  summary: "The MONITOR leaf has no line sizes and no sub-states, only the two flags that QEMU always sets.",
  affects: ["cpuid.5"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_realizefn")],
  capabilities: vmm((profile) => setLeaf(profile, { leaf: 5 }, [0, 0, 3, 0])),
});

const THERMAL_LEAF = defineQuirk({
  id: "qemu/cpuid/thermal-leaf",
  summary: "The thermal leaf has no interrupt thresholds.",
  affects: ["cpuid.6.ebx"],
  confidence: "source",
  evidence: [CPUID_CODE],
  capabilities: vmm((profile) => {
    profile.setCpuid(6, 0, "ebx", 0);
    profile.setCpuid(6, 0, "edx", 0);
  }),
});

const EXTENDED_SIGNATURE = defineQuirk({
  id: "qemu/cpuid/extended-leaves-as-amd",
  summary: "Leaves 8000_0000H and 8000_0001H repeat vendor and signature, as AMD's do, where Intel's hold 0.",
  affects: ["cpuid.80000000", "cpuid.80000001.eax"],
  confidence: "source",
  evidence: [CPUID_CODE],
  capabilities: vmm((profile) => {
    for (const register of ["ebx", "ecx", "edx"] as const)
      profile.setCpuid(0x8000_0000, 0, register, profile.cpuid(0, 0, register));
    profile.setCpuid(0x8000_0001, 0, "eax", profile.cpuid(1, 0, "eax"));
  }),
});

const INVARIANT_TSC = defineQuirk({
  id: "qemu/cpuid/invariant-tsc-hidden",
  summary: "The invariant TSC is hidden, because it would hinder migration.",
  affects: ["cpuid.80000007.edx"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_get_migratable_flags")],
  when: (context) => flagOf(context, "invtsc") !== "on",
  capabilities: vmm((profile) => hideFeatures(profile, "invtsc")),
});

/** Basic leaves that QEMU has nothing to say about within the level of `host`. */
const UNKNOWN_LEAVES = [0x3, 0x8, 0x9, 0xc, 0xe, 0xf, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a];

const HOST_UNKNOWN_LEAVES = defineQuirk({
  id: "qemu/cpuid/host-unknown-leaves-zeroed",
  summary: "With the model host, basic leaves that QEMU does not know hold 0, such as those of the TSC's frequency.",
  affects: ["cpuid.14", "cpuid.15", "cpuid.16"],
  confidence: "source",
  evidence: [CPUID_CODE],
  when: (context) => resolveModel(context).named === null,
  capabilities: vmm((profile) => {
    for (const leaf of UNKNOWN_LEAVES) profile.dropLeaf(leaf);
  }),
});

/** State components of XCR0 and the feature that brings each; x87 and SSE come with XSAVE. */
const COMPONENT_FEATURES: readonly (readonly [component: number, feature: CpuidFeature])[] = [
  [2, "avx"],
  [3, "mpx"],
  [4, "mpx"],
  [5, "avx512f"],
  [6, "avx512f"],
  [7, "avx512f"],
  [9, "pku"],
  [17, "amx-tile"],
  [18, "amx-tile"],
];
const LEGACY_AREA = 0x240;
const X87_AND_SSE = 3;
const XSAVE_LEAF = 0xd;

function xcr0Components(profile: GuestProfile): number {
  const silicon = profile.cpuid(XSAVE_LEAF, 0, "eax");
  const present = COMPONENT_FEATURES.filter(([, feature]) => hasFeature(profile, feature));
  return silicon & present.reduce((mask, [component]) => mask | (1 << component), X87_AND_SSE);
}

function standardSize(profile: GuestProfile, components: number): number {
  let size = LEGACY_AREA;
  for (const [component] of COMPONENT_FEATURES) {
    if ((components & (1 << component)) === 0) continue;
    size = Math.max(size, profile.cpuid(XSAVE_LEAF, component, "ebx") + profile.cpuid(XSAVE_LEAF, component, "eax"));
  }
  return size;
}

const XSAVE_COMPONENTS = defineQuirk({
  id: "qemu/cpuid/xsave-components",
  summary: "Leaf 0DH lists only the state components whose feature the guest has, and no supervisor components.",
  affects: ["cpuid.d"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_enable_xsave_components"), CPUID_CODE],
  when: (context) => flagOf(context, "xsave") !== "off",
  capabilities: vmm((profile) => {
    if (!hasFeature(profile, "xsave")) return;
    const components = xcr0Components(profile);
    profile.setCpuid(XSAVE_LEAF, 0, "eax", components);
    profile.setCpuid(XSAVE_LEAF, 0, "ecx", standardSize(profile, components));
    profile.setCpuid(XSAVE_LEAF, 1, "ecx", 0);
    for (const { leaf, subleaf } of profile.cpuidEntries()) {
      if (leaf === XSAVE_LEAF && subleaf >= 2 && (components & (1 << subleaf)) === 0) profile.dropLeaf(leaf, subleaf);
    }
  }),
});

const PARAVIRTUAL_LEAF = 0x4000_0001;

/**
 * Bits of leaf 4000_0001H beyond those that every model shows, with the first kernel that can give it and the first QEMU that has a name for it:
 * wake-up of halted processors, TLB flush, IPIs, host polling, giving way, page-ready interrupts.
 */
const PARAVIRTUAL_FEATURES = [
  [7, "4.14", "2.4"],
  [9, "4.16", "2.12"],
  [11, "4.19", "3.1"],
  [12, "5.3", "4.1"],
  [13, "5.3", "4.2"],
  [14, "5.8", "5.2"],
] as const;

const PARAVIRTUAL_OF_HOST = defineQuirk({
  id: "qemu/cpuid/paravirtual-features-of-host",
  summary: "The models host and max show every paravirtual feature that the kernel can give and QEMU has a name for.",
  affects: ["cpuid.40000001"],
  confidence: "documented",
  evidence: [
    {
      kind: "document",
      title: "QEMU: Paravirtualized KVM features",
      url: "https://qemu.org/docs/master/system/i386/kvm-pv.html",
    },
    cpuSource("x86_cpu_expand_features"),
  ],
  when: (context) => resolveModel(context).named === null && flagOf(context, "kvm") !== "off",
  capabilities: vmm((profile, context) => {
    for (const [bit, kernel, qemu] of PARAVIRTUAL_FEATURES)
      if (context.atLeast(kernel) && context.atLeast(qemu, "vmm"))
        profile.setCpuid(PARAVIRTUAL_LEAF, 0, "eax", profile.cpuid(PARAVIRTUAL_LEAF, 0, "eax") | (1 << bit));
  }),
});

const WIDTH_LEAF = 0x8000_0008;

function setWidth(profile: GuestProfile, context: ColumnContext): void {
  const width = physicalBits(context);
  if (width === undefined) return;
  profile.setCpuid(WIDTH_LEAF, 0, "eax", (profile.cpuid(WIDTH_LEAF, 0, "eax") & ~0xff) | width);
}

const PHYS_BITS_40 = defineQuirk({
  id: "qemu/cpuid/phys-bits-40",
  summary:
    "The physical-address width is 40 bits for every model that does not take the host's, whatever the host's is.",
  affects: ["cpuid.80000008.eax"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_realizefn"), CPUID_CODE],
  when: (context) => flagOf(context, "phys-bits") === undefined && physicalBits(context) === DEFAULT_PHYSICAL_BITS,
  capabilities: vmm(setWidth),
});

const PHYS_BITS_SET = defineQuirk({
  id: "qemu/cpuid/phys-bits-set",
  summary: "The physical-address width is what the command line says, whatever the host's is.",
  affects: ["cpuid.80000008.eax"],
  confidence: "source",
  evidence: [cpuSource("x86_cpu_realizefn")],
  when: (context) => flagOf(context, "phys-bits") !== undefined,
  capabilities: vmm(setWidth),
});

/** What QEMU puts into CPUID leaves by itself. */
export const CPUID_LEAF_QUIRKS: readonly Quirk[] = [
  CACHE_LEAVES,
  TOPOLOGY,
  MONITOR_LEAF,
  THERMAL_LEAF,
  EXTENDED_SIGNATURE,
  INVARIANT_TSC,
  HOST_UNKNOWN_LEAVES,
  XSAVE_COMPONENTS,
  PHYS_BITS_40,
  PHYS_BITS_SET,
  PARAVIRTUAL_OF_HOST,
];
