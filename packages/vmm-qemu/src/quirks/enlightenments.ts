import {
  type ColumnContext,
  defineQuirk,
  type GuestProfile,
  hypervisorLeaf,
  type Quirk,
  setLeaf,
} from "@hvdiff/personality";
import { kvmGlueSource } from "../evidence.ts";
import { flagOf } from "../resolve-model.ts";

/** Flags of QEMU that offer the guest a part of the Hyper-V interface. */
export const ENLIGHTENMENT_FLAGS = [
  "hv-passthrough",
  "hv-relaxed",
  "hv-vapic",
  "hv-vpindex",
  "hv-time",
  "hv-synic",
  "hv-stimer",
  "hv-stimer-direct",
  "hv-evmcs",
  "hv-emsr-bitmap",
  "hv-tlbflush-direct",
] as const;
type EnlightenmentFlag = (typeof ENLIGHTENMENT_FLAGS)[number];

const LEAVES = kvmGlueSource("hyperv_fill_cpuids");
const PROPERTIES = kvmGlueSource("kvm_hyperv_properties");

const FEATURES = 0x4000_0003;
const RECOMMENDATIONS = 0x4000_0004;
const LIMITS = 0x4000_0005;
const NESTED_FEATURES = 0x4000_000a;
/** Where KVM's own leaves are when those of Hyper-V take their place. */
const KVM_SIGNATURE = 0x4000_0100;
const NEVER_NOTIFY = 0xffff_ffff;
const MOST_PROCESSORS = 64;

function isOn(context: ColumnContext, flag: EnlightenmentFlag): boolean {
  return flagOf(context, flag) === "on";
}

/** Switched on by itself, or with all that needs no more. */
function isShown(context: ColumnContext, flag: EnlightenmentFlag): boolean {
  return isOn(context, flag) || isOn(context, "hv-passthrough");
}

const ACCESS: readonly (readonly [EnlightenmentFlag, number])[] = [
  ["hv-time", (1 << 1) | (1 << 9)],
  ["hv-synic", 1 << 2],
  ["hv-stimer", 1 << 3],
  ["hv-vapic", 1 << 4],
  ["hv-vpindex", 1 << 6],
];
const DIRECT_TIMERS = 1 << 19;

/** CPUID 4000_0003H: the MSRs that are there, and others. SynIC and timers are modelled on Intel's processors. */
function featuresOf(context: ColumnContext): [number, number, number, number] {
  const shown = ACCESS.filter(([flag]) => isShown(context, flag));
  const direct = isShown(context, "hv-stimer-direct") ? DIRECT_TIMERS : 0;
  return [shown.reduce((all, [, bits]) => all | bits, 1 << 5), 0, 0, (1 << 3) | direct];
}

function isEnlightened(context: ColumnContext): boolean {
  return ENLIGHTENMENT_FLAGS.some((flag) => isOn(context, flag));
}

/** Sets bits of a leaf that `qemu/cpuid/hyper-v-leaves` has made. */
function setBits(profile: GuestProfile, leaf: number, register: "eax" | "ebx", bits: number): void {
  profile.setCpuid(leaf, 0, register, profile.cpuid(leaf, 0, register) | bits);
}

function moveKvmLeaves(profile: GuestProfile): void {
  const registers = ["eax", "ebx", "ecx", "edx"] as const;
  const [eax, ebx, ecx, edx] = registers.map((register) => profile.cpuid(0x4000_0000, 0, register));
  const features = registers.map((register) => profile.cpuid(0x4000_0001, 0, register));
  if (ebx === 0) return;
  setLeaf(profile, { leaf: KVM_SIGNATURE }, [eax! + 0x100, ebx!, ecx!, edx!]);
  setLeaf(profile, { leaf: KVM_SIGNATURE + 1 }, features as [number, number, number, number]);
}

const SIGNATURE = hypervisorLeaf(
  { id: "", confidence: "source", evidence: [] },
  { name: "Microsoft Hv", highest: LIMITS },
);

const HYPER_V_LEAVES = defineQuirk({
  id: "qemu/cpuid/hyper-v-leaves",
  summary:
    "With a flag of the Hyper-V interface on, CPUID leaves from 4000_0000H are Hyper-V's, and KVM's lie 100H higher.",
  affects: ["cpuid.40000000", "cpuid.40000001", "cpuid.40000003", "cpuid.40000004", "cpuid.40000100"],
  confidence: "source",
  evidence: [LEAVES],
  when: isEnlightened,
  capabilities: {
    stage: "vmm",
    apply(profile, context) {
      moveKvmLeaves(profile);
      SIGNATURE.capabilities!.apply(profile, context);
      setLeaf(profile, { leaf: 0x4000_0001 }, [0x3123_7648, 0, 0, 0]);
      setLeaf(
        profile,
        { leaf: 0x4000_0002 },
        context.atLeast("6.2", "vmm") ? [0x3839, 0xa_0000, 0, 0] : [0x1bbc, 0x6_0001, 0, 0],
      );
      setLeaf(profile, { leaf: FEATURES }, featuresOf(context));
      const vapic = isShown(context, "hv-vapic");
      const relaxed = isShown(context, "hv-relaxed");
      setLeaf(profile, { leaf: RECOMMENDATIONS }, [(vapic ? 1 << 3 : 0) | (relaxed ? 1 << 5 : 0), NEVER_NOTIFY, 0, 0]);
      setLeaf(profile, { leaf: LIMITS }, [NEVER_NOTIFY, MOST_PROCESSORS, 0, 0]);
    },
  },
});

/** What L1 may use beside the enlightened VMCS, as CPUID 4000_000AH says it. */
function nestedFeatures(context: ColumnContext): number {
  return (isOn(context, "hv-tlbflush-direct") ? 1 << 17 : 0) | (isOn(context, "hv-emsr-bitmap") ? 1 << 19 : 0);
}

const ENLIGHTENED_VMCS = defineQuirk({
  id: "qemu/cpuid/enlightened-vmcs",
  summary: "hv-evmcs=on recommends the enlightened VMCS in CPUID 4000_0004H and tells its version in 4000_000AH.",
  affects: ["cpuid.40000000", "cpuid.40000004", "cpuid.4000000a"],
  since: "3.1",
  confidence: "source",
  evidence: [LEAVES, PROPERTIES],
  when: (context) => isOn(context, "hv-evmcs"),
  capabilities: {
    stage: "vmm-msrs",
    apply(profile, context) {
      profile.setCpuid(0x4000_0000, 0, "eax", NESTED_FEATURES);
      setBits(profile, RECOMMENDATIONS, "eax", 1 << 14);
      for (let leaf = LIMITS + 1; leaf < NESTED_FEATURES; leaf++) setLeaf(profile, { leaf }, [0, 0, 0, 0]);
      setLeaf(profile, { leaf: NESTED_FEATURES }, [0x101 | nestedFeatures(context), 0, 0, 0]);
    },
  },
});

/** The Hyper-V interface as QEMU's flags offer it. */
export const ENLIGHTENMENT_QUIRKS: readonly Quirk[] = [HYPER_V_LEAVES, ENLIGHTENED_VMCS];

const REQUIRED: readonly (readonly [EnlightenmentFlag, EnlightenmentFlag])[] = [
  ["hv-evmcs", "hv-vapic"],
  ["hv-synic", "hv-vpindex"],
  ["hv-stimer", "hv-synic"],
  ["hv-stimer", "hv-time"],
  ["hv-stimer-direct", "hv-stimer"],
];

/** Why QEMU would not start with these flags; undefined if it would. */
export function refuseEnlightenments(flags: ReadonlyMap<string, string>, version: string): string | undefined {
  const on = (flag: EnlightenmentFlag): boolean => flags.get(flag) === "on";
  if (on("hv-emsr-bitmap") && !on("hv-evmcs")) return "hv-emsr-bitmap=on requires hv-evmcs=on on Intel";
  if (on("hv-tlbflush-direct") && !on("hv-evmcs")) return "hv-tlbflush-direct=on is modelled only with hv-evmcs=on";
  const lacking = REQUIRED.find(([flag, needs]) => on(flag) && !on(needs));
  if (lacking !== undefined) return `${lacking[0]}=on requires ${lacking[1]}=on`;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (on("hv-evmcs") && (major < 3 || (major === 3 && minor < 1)))
    return `qemu@${version} has no hv-evmcs; it came with 3.1`;
  if (on("hv-tlbflush-direct") && (major < 7 || (major === 7 && minor < 1)))
    return `qemu@${version} has no hv-tlbflush-direct; it came with 7.1`;
  return undefined;
}
