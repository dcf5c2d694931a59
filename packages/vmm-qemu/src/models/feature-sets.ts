import type { CpuidFeature } from "@hvdiff/spec";
import { words } from "./model.ts";
import type { VmxFeature } from "./vmx-features.ts";

/** Leaf 1 EDX of every 64-bit Intel model. */
const LEAF_1_EDX = words<CpuidFeature>(
  "vme sse2 sse fxsr mmx clflush pse36 pat cmov mca pge mtrr sep apic cx8 mce pae msr tsc pse de fpu",
);

const NEHALEM = [...LEAF_1_EDX, ...words<CpuidFeature>("popcnt sse4.2 sse4.1 cx16 ssse3 pni lm syscall nx lahf-lm")];
const WESTMERE = [...NEHALEM, ...words<CpuidFeature>("aes pclmulqdq arat")];
const SANDY_BRIDGE = [...WESTMERE, ...words<CpuidFeature>("avx xsave tsc-deadline x2apic rdtscp xsaveopt")];
const IVY_BRIDGE = [...SANDY_BRIDGE, ...words<CpuidFeature>("f16c rdrand fsgsbase smep erms")];
const HASWELL = [...IVY_BRIDGE, ...words<CpuidFeature>("fma movbe pcid abm bmi1 hle avx2 bmi2 invpcid rtm")];
const BROADWELL = [...HASWELL, ...words<CpuidFeature>("3dnowprefetch rdseed adx smap")];
const SKYLAKE_CLIENT = [...BROADWELL, ...words<CpuidFeature>("xsavec xgetbv1")];
const SKYLAKE_SERVER = [
  ...SKYLAKE_CLIENT,
  ...words<CpuidFeature>("pdpe1gb clwb avx512f avx512dq avx512bw avx512cd avx512vl clflushopt pku"),
];
const CASCADELAKE = [...SKYLAKE_SERVER, ...words<CpuidFeature>("avx512vnni spec-ctrl ssbd")];
const COOPERLAKE = [...CASCADELAKE, ...words<CpuidFeature>("stibp arch-capabilities avx512-bf16")];
const ICELAKE_SERVER = [
  ...CASCADELAKE,
  ...words<CpuidFeature>(
    "wbnoinvd avx512vbmi umip avx512vbmi2 gfni vaes vpclmulqdq avx512bitalg avx512-vpopcntdq la57",
  ),
];
const SAPPHIRE_RAPIDS = [
  ...ICELAKE_SERVER,
  ...words<CpuidFeature>(
    "avx512ifma sha-ni rdpid bus-lock-detect fsrm serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 arch-capabilities xsaves xfd avx-vnni avx512-bf16 fzrm fsrs fsrc",
  ),
];

/** CPUID features of QEMU's models, each generation on top of the one before. */
export const CPUID_SETS = {
  nehalem: NEHALEM,
  westmere: WESTMERE,
  sandyBridge: SANDY_BRIDGE,
  ivyBridge: IVY_BRIDGE,
  haswell: HASWELL,
  broadwell: BROADWELL,
  skylakeClient: SKYLAKE_CLIENT,
  skylakeServer: SKYLAKE_SERVER,
  cascadelake: CASCADELAKE,
  cooperlake: COOPERLAKE,
  icelakeServer: ICELAKE_SERVER,
  sapphireRapids: SAPPHIRE_RAPIDS,
} as const;

const VMX_NEHALEM = words<VmxFeature>(
  `vmx-ins-outs vmx-true-ctls
   vmx-entry-ia32e-mode vmx-entry-load-perf-global-ctrl vmx-entry-load-pat vmx-entry-noload-debugctl vmx-entry-load-efer
   vmx-ept-execonly vmx-page-walk-4 vmx-ept-2mb vmx-ept-1gb vmx-invept vmx-invept-single-context vmx-invept-all-context
   vmx-invvpid vmx-invvpid-single-addr vmx-invvpid-single-context vmx-invvpid-all-context
   vmx-invvpid-single-context-noglobals
   vmx-exit-ack-intr vmx-exit-nosave-debugctl vmx-exit-load-perf-global-ctrl vmx-exit-load-pat vmx-exit-load-efer
   vmx-exit-save-pat vmx-exit-save-efer vmx-exit-save-preemption-timer
   vmx-activity-hlt
   vmx-intr-exit vmx-nmi-exit vmx-vnmi vmx-preemption-timer
   vmx-vintr-pending vmx-tsc-offset vmx-hlt-exit vmx-invlpg-exit vmx-mwait-exit vmx-rdpmc-exit vmx-rdtsc-exit
   vmx-cr8-load-exit vmx-cr8-store-exit vmx-flexpriority vmx-movdr-exit vmx-io-exit vmx-io-bitmap vmx-monitor-exit
   vmx-pause-exit vmx-vnmi-pending vmx-msr-bitmap vmx-cr3-load-noexit vmx-cr3-store-noexit vmx-mtf vmx-secondary-ctls
   vmx-apicv-xapic vmx-wbinvd-exit vmx-ept vmx-desc-exit vmx-rdtscp-exit vmx-apicv-x2apic vmx-vpid`,
);
const VMX_WESTMERE = [...VMX_NEHALEM, ...words<VmxFeature>("vmx-store-lma vmx-unrestricted-guest")];
const VMX_IVY_BRIDGE = [
  ...VMX_WESTMERE,
  ...words<VmxFeature>("vmx-posted-intr vmx-apicv-register vmx-apicv-vid vmx-rdrand-exit"),
];
const VMX_HASWELL_BASE = words<VmxFeature>(
  "vmx-eptad vmx-vmwrite-vmexit-fields vmx-invpcid-exit vmx-vmfunc vmx-shadow-vmcs",
);
const VMX_SKYLAKE_SERVER = [...VMX_IVY_BRIDGE, ...VMX_HASWELL_BASE, ...words<VmxFeature>("vmx-rdseed-exit vmx-pml")];
const CLIENT_LACKS = new Set(words<VmxFeature>("vmx-posted-intr vmx-apicv-register vmx-apicv-vid vmx-apicv-x2apic"));
const ICELAKE_LACKS = new Set(words<VmxFeature>("vmx-rdseed-exit vmx-pml"));

/** VMX features of QEMU's models since 4.2. */
export const VMX_SETS = {
  none: [] as readonly VmxFeature[],
  nehalem: VMX_NEHALEM,
  westmere: VMX_WESTMERE,
  ivyBridge: VMX_IVY_BRIDGE,
  haswell: [...VMX_IVY_BRIDGE, ...VMX_HASWELL_BASE, "vmx-eptp-switching"] as readonly VmxFeature[],
  broadwell: [...VMX_SKYLAKE_SERVER, "vmx-eptp-switching"] as readonly VmxFeature[],
  skylakeClient: [
    ...VMX_SKYLAKE_SERVER.filter((f) => !CLIENT_LACKS.has(f)),
    "vmx-eptp-switching",
  ] as readonly VmxFeature[],
  skylakeServer: VMX_SKYLAKE_SERVER,
  cooperlake: [...VMX_SKYLAKE_SERVER, "vmx-eptp-switching"] as readonly VmxFeature[],
  icelakeServer: VMX_SKYLAKE_SERVER.filter((f) => !ICELAKE_LACKS.has(f)),
  sapphireRapids: [
    ...VMX_SKYLAKE_SERVER,
    "vmx-eptp-switching",
    "vmx-xsaves",
    "vmx-page-walk-5",
  ] as readonly VmxFeature[],
} as const;
