import type { CpuidFeature } from "@hvdiff/spec";
import { CPUID_SETS, VMX_SETS } from "./feature-sets.ts";
import { type QemuModel, type QemuModelVersion, versionsOf, words } from "./model.ts";
import type { VmxFeature } from "./vmx-features.ts";

type Shape = readonly [name: string, model: number, stepping: number, brand: string];
type Content = {
  readonly features: readonly CpuidFeature[];
  readonly vmx: readonly VmxFeature[];
  readonly level?: number;
};

function intelModel([name, model, stepping, brand]: Shape, { features, vmx, level = 0xd }: Content): QemuModel {
  return {
    name,
    family: 6,
    model,
    stepping,
    brand,
    level,
    extendedLevel: 0x8000_0008,
    features: new Set(features),
    vmx: new Set(vmx),
  };
}

const NO_TSX: Pick<QemuModelVersion, "off"> = { off: ["hle", "rtm"] };
const WITH_TSX: Pick<QemuModelVersion, "on"> = { on: ["hle", "rtm"] };
const XSAVES: QemuModelVersion = { on: ["xsaves"], vmxOn: ["vmx-xsaves"] };
const EPTP_SWITCHING: QemuModelVersion = { vmxOn: ["vmx-eptp-switching"] };
const ARCH_CAPABILITIES: QemuModelVersion = { on: ["arch-capabilities"] };

const QEMU64: QemuModel = intelModel(["qemu64", 6, 3, "QEMU Virtual CPU version 2.5+"], {
  features: words<CpuidFeature>(
    "fpu de pse tsc msr mce cx8 pge cmov pat fxsr mmx sse sse2 pae sep apic mtrr clflush mca pse36 pni cx16 lm syscall nx lahf-lm",
  ),
  vmx: VMX_SETS.none,
});

const NEHALEM = versionsOf(
  intelModel(["Nehalem", 26, 3, "Intel Core i7 9xx (Nehalem Class Core i7)"], {
    features: CPUID_SETS.nehalem,
    vmx: VMX_SETS.nehalem,
    level: 11,
  }),
  [{ alias: "Nehalem-IBRS", on: ["spec-ctrl"], brand: "Intel Core i7 9xx (Nehalem Core i7, IBRS update)" }],
);

const WESTMERE = versionsOf(
  intelModel(["Westmere", 44, 1, "Westmere E56xx/L56xx/X56xx (Nehalem-C)"], {
    features: CPUID_SETS.westmere,
    vmx: VMX_SETS.westmere,
    level: 11,
  }),
  [{ alias: "Westmere-IBRS", on: ["spec-ctrl"], brand: "Westmere E56xx/L56xx/X56xx (IBRS update)" }],
);

const SANDY_BRIDGE = versionsOf(
  intelModel(["SandyBridge", 42, 1, "Intel Xeon E312xx (Sandy Bridge)"], {
    features: CPUID_SETS.sandyBridge,
    vmx: VMX_SETS.westmere,
  }),
  [{ alias: "SandyBridge-IBRS", on: ["spec-ctrl"], brand: "Intel Xeon E312xx (Sandy Bridge, IBRS update)" }],
);

const IVY_BRIDGE = versionsOf(
  intelModel(["IvyBridge", 58, 9, "Intel Xeon E3-12xx v2 (Ivy Bridge)"], {
    features: CPUID_SETS.ivyBridge,
    vmx: VMX_SETS.ivyBridge,
  }),
  [{ alias: "IvyBridge-IBRS", on: ["spec-ctrl"], brand: "Intel Xeon E3-12xx v2 (Ivy Bridge, IBRS)" }],
);

const HASWELL = versionsOf(
  intelModel(["Haswell", 60, 4, "Intel Core Processor (Haswell)"], {
    features: CPUID_SETS.haswell,
    vmx: VMX_SETS.haswell,
  }),
  [
    { alias: "Haswell-noTSX", ...NO_TSX, stepping: 1, brand: "Intel Core Processor (Haswell, no TSX)" },
    {
      alias: "Haswell-IBRS",
      on: ["hle", "rtm", "spec-ctrl"],
      stepping: 4,
      brand: "Intel Core Processor (Haswell, IBRS)",
    },
    { alias: "Haswell-noTSX-IBRS", ...NO_TSX, stepping: 1, brand: "Intel Core Processor (Haswell, no TSX, IBRS)" },
  ],
);

const BROADWELL = versionsOf(
  intelModel(["Broadwell", 61, 2, "Intel Core Processor (Broadwell)"], {
    features: CPUID_SETS.broadwell,
    vmx: VMX_SETS.broadwell,
  }),
  [
    { alias: "Broadwell-noTSX", ...NO_TSX, brand: "Intel Core Processor (Broadwell, no TSX)" },
    { alias: "Broadwell-IBRS", on: ["hle", "rtm", "spec-ctrl"], brand: "Intel Core Processor (Broadwell, IBRS)" },
    { alias: "Broadwell-noTSX-IBRS", ...NO_TSX, brand: "Intel Core Processor (Broadwell, no TSX, IBRS)" },
  ],
);

const SKYLAKE_CLIENT = versionsOf(
  intelModel(["Skylake-Client", 94, 3, "Intel Core Processor (Skylake)"], {
    features: CPUID_SETS.skylakeClient,
    vmx: VMX_SETS.skylakeClient,
  }),
  [
    { alias: "Skylake-Client-IBRS", on: ["spec-ctrl"], brand: "Intel Core Processor (Skylake, IBRS)" },
    { alias: "Skylake-Client-noTSX-IBRS", ...NO_TSX, brand: "Intel Core Processor (Skylake, IBRS, no TSX)" },
    XSAVES,
  ],
);

const SKYLAKE_SERVER = versionsOf(
  intelModel(["Skylake-Server", 85, 4, "Intel Xeon Processor (Skylake)"], {
    features: CPUID_SETS.skylakeServer,
    vmx: VMX_SETS.skylakeServer,
  }),
  [
    {
      alias: "Skylake-Server-IBRS",
      on: ["spec-ctrl"],
      off: ["clflushopt"],
      brand: "Intel Xeon Processor (Skylake, IBRS)",
    },
    { alias: "Skylake-Server-noTSX-IBRS", ...NO_TSX, brand: "Intel Xeon Processor (Skylake, IBRS, no TSX)" },
    EPTP_SWITCHING,
    XSAVES,
  ],
);

const CASCADELAKE = versionsOf(
  intelModel(["Cascadelake-Server", 85, 6, "Intel Xeon Processor (Cascadelake)"], {
    features: CPUID_SETS.cascadelake,
    vmx: VMX_SETS.skylakeServer,
  }),
  [ARCH_CAPABILITIES, { alias: "Cascadelake-Server-noTSX", ...NO_TSX }, EPTP_SWITCHING, XSAVES],
);

const COOPERLAKE = versionsOf(
  intelModel(["Cooperlake", 85, 10, "Intel Xeon Processor (Cooperlake)"], {
    features: CPUID_SETS.cooperlake,
    vmx: VMX_SETS.cooperlake,
  }),
  [XSAVES],
);

const ICELAKE_SERVER = versionsOf(
  intelModel(["Icelake-Server", 134, 0, "Intel Xeon Processor (Icelake)"], {
    features: CPUID_SETS.icelakeServer,
    vmx: VMX_SETS.icelakeServer,
  }),
  [
    { alias: "Icelake-Server-noTSX", ...NO_TSX },
    ARCH_CAPABILITIES,
    {
      on: ["sha-ni", "avx512ifma", "rdpid", "fsrm"],
      vmxOn: ["vmx-rdseed-exit", "vmx-pml", "vmx-eptp-switching"],
      model: 106,
    },
    XSAVES,
    { vmxOn: ["vmx-page-walk-5"] },
    WITH_TSX,
  ],
);

const SAPPHIRE_RAPIDS = versionsOf(
  intelModel(["SapphireRapids", 143, 4, "Intel Xeon Processor (SapphireRapids)"], {
    features: CPUID_SETS.sapphireRapids,
    vmx: VMX_SETS.sapphireRapids,
    level: 0x20,
  }),
  [{}, { on: ["ss", "tsc-adjust", "cldemote", "movdiri", "movdir64b"] }],
);

/** QEMU's named Intel models with their versions and aliases. */
export const INTEL_MODELS: readonly QemuModel[] = [
  QEMU64,
  ...NEHALEM,
  ...WESTMERE,
  ...SANDY_BRIDGE,
  ...IVY_BRIDGE,
  ...HASWELL,
  ...BROADWELL,
  ...SKYLAKE_CLIENT,
  ...SKYLAKE_SERVER,
  ...CASCADELAKE,
  ...COOPERLAKE,
  ...ICELAKE_SERVER,
  ...SAPPHIRE_RAPIDS,
];
