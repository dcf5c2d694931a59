import type { CpuidFeature } from "@hvdiff/spec";
import { type QemuModel, type QemuModelVersion, versionsOf, words } from "./model.ts";

type Shape = readonly [name: string, family: number, model: number, stepping: number, brand: string];

/**
 * Leaf 1 EDX of every 64-bit AMD model, and what all of them have beyond it. MONITOR, which some have too, is left out of all: KVM gives it to
 * nobody.
 */
const K8 = words<CpuidFeature>(
  "vme sse2 sse fxsr mmx clflush pse36 pat cmov mca pge mtrr sep apic cx8 mce pae msr tsc pse de fpu pni lm nx syscall",
);
const K10 = [...K8, ...words<CpuidFeature>("cx16 popcnt rdtscp misalignsse sse4a abm svm lahf-lm")];
const BULLDOZER = [
  ...K10,
  ...words<CpuidFeature>("avx xsave aes sse4.2 sse4.1 ssse3 pclmulqdq pdpe1gb fma4 xop 3dnowprefetch npt nrip-save"),
];
const PILEDRIVER = [...BULLDOZER, ...words<CpuidFeature>("f16c fma tbm")];
const ZEN = [
  ...BULLDOZER.filter((feature) => feature !== "fma4" && feature !== "xop"),
  ...words<CpuidFeature>(
    `rdrand f16c movbe fma fxsr-opt mmxext osvw cr8legacy topoext fsgsbase bmi1 avx2 smep bmi2 rdseed adx smap clflushopt sha-ni
     xsaveopt xsavec xgetbv1 arat`,
  ),
];
const ZEN_2 = [
  ...ZEN,
  ...words<CpuidFeature>("perfctr-core clzero xsaveerptr wbnoinvd ibpb amd-stibp clwb umip rdpid xsaves"),
];
const ZEN_3 = [...ZEN_2, ...words<CpuidFeature>("pcid ibrs amd-ssbd erms invpcid pku fsrm svme-addr-chk")];
const ZEN_4 = [
  ...ZEN_3,
  ...words<CpuidFeature>(
    `stibp-always-on amd-psfd no-nested-data-bp lfence-always-serializing null-sel-clr-base auto-ibrs vnmi
     avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vaes vpclmulqdq avx512vnni avx512bitalg
     avx512-vpopcntdq la57 avx512-bf16`,
  ),
];

function amdModel(
  [name, family, model, stepping, brand]: Shape,
  features: readonly CpuidFeature[],
  [level, extendedLevel]: readonly [number, number],
): QemuModel {
  return { name, family, model, stepping, brand, level, extendedLevel, features: new Set(features), vmx: new Set() };
}

const OLD_LEVELS = [5, 0x8000_0008] as const;
const XSAVE_LEVELS = [0xd, 0x8000_001a] as const;
const ZEN_LEVELS = [0xd, 0x8000_001e] as const;

const EPYC_VERSIONS: readonly QemuModelVersion[] = [
  { alias: "EPYC-IBPB", on: ["ibpb"], brand: "AMD EPYC Processor (with IBPB)" },
  { on: ["perfctr-core", "clzero", "xsaveerptr", "xsaves"], brand: "AMD EPYC Processor" },
  { brand: "AMD EPYC-v4 Processor" },
];
const ROME_VERSIONS: readonly QemuModelVersion[] = [
  { on: ["ibrs", "amd-ssbd"] },
  { brand: "AMD EPYC-Rome-v3 Processor" },
  // Erratum 1386: compacted saves of an XSAVES may lose state.
  { off: ["xsaves"], brand: "AMD EPYC-Rome-v4 Processor (no XSAVES)" },
];
const MILAN_VERSIONS: readonly QemuModelVersion[] = [
  {
    on: words<CpuidFeature>(
      "vaes vpclmulqdq stibp-always-on amd-psfd no-nested-data-bp lfence-always-serializing null-sel-clr-base",
    ),
    brand: "AMD EPYC-Milan-v2 Processor",
  },
];

/** QEMU's named AMD models with their versions and aliases. */
export const AMD_MODELS: readonly QemuModel[] = [
  amdModel(["Opteron_G3", 16, 2, 3, "AMD Opteron 23xx (Gen 3 Class Opteron)"], K10, OLD_LEVELS),
  amdModel(["Opteron_G4", 21, 1, 2, "AMD Opteron 62xx class CPU"], BULLDOZER, XSAVE_LEVELS),
  amdModel(["Opteron_G5", 21, 2, 0, "AMD Opteron 63xx class CPU"], PILEDRIVER, XSAVE_LEVELS),
  ...versionsOf(amdModel(["EPYC", 23, 1, 2, "AMD EPYC Processor"], ZEN, ZEN_LEVELS), EPYC_VERSIONS),
  ...versionsOf(amdModel(["EPYC-Rome", 23, 49, 0, "AMD EPYC-Rome Processor"], ZEN_2, ZEN_LEVELS), ROME_VERSIONS),
  ...versionsOf(amdModel(["EPYC-Milan", 25, 1, 1, "AMD EPYC-Milan Processor"], ZEN_3, ZEN_LEVELS), MILAN_VERSIONS),
  amdModel(["EPYC-Genoa", 25, 17, 0, "AMD EPYC-Genoa Processor"], ZEN_4, [0xd, 0x8000_0022]),
];
