import { defineQuirk, hypervisorBit, hypervisorLeaf, type Quirk, setLeaf } from "@hvdiff/personality";
import { specification } from "../evidence.ts";

const DISCOVERY = [specification("Feature and Interface Discovery")];
/** The last leaf that is about nesting. */
const HIGHEST_LEAF = 0x4000_000a;
const INTERFACE = 0x4000_0001;
const FEATURES = 0x4000_0003;
/** "Hv#1" */
const HV1 = 0x3123_7648;
/** The MSRs of the assist page, of hypercalls, and of the virtual processor's index. */
const SYNTHETIC_MSRS = (1 << 4) | (1 << 5) | (1 << 6);

/** What Hyper-V changes in CPUID. */
export const CPUID_QUIRKS: readonly Quirk[] = [
  hypervisorBit({ id: "hyperv/cpuid/hypervisor-bit", confidence: "documented", evidence: DISCOVERY }),
  hypervisorLeaf(
    { id: "hyperv/cpuid/hypervisor-leaf", confidence: "documented", evidence: DISCOVERY },
    { name: "Microsoft Hv", highest: HIGHEST_LEAF },
  ),
  defineQuirk({
    id: "hyperv/cpuid/interface-leaves",
    summary: 'CPUID leaf 4000_0001H names the interface "Hv#1", and leaf 4000_0003H its synthetic MSRs.',
    affects: ["cpuid.40000001", "cpuid.40000003"],
    confidence: "documented",
    evidence: DISCOVERY,
    capabilities: {
      stage: "vmm",
      apply(profile) {
        setLeaf(profile, { leaf: INTERFACE }, [HV1, 0, 0, 0]);
        setLeaf(profile, { leaf: FEATURES }, [SYNTHETIC_MSRS, 0, 0, 0]);
      },
    },
  }),
];
