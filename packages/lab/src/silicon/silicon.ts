import type { CpuModel } from "@hvdiff/cpu";
import { fixControls, GuestProfile } from "@hvdiff/personality";
import { UsageError } from "../api.ts";
import { parseCpuText } from "./cpu-text.ts";
import { siliconNamed } from "./silicon-names.ts";
import { switchFeature } from "./switch-features.ts";

type Switch = (profile: GuestProfile, on: boolean) => void;

const NOTHING: Switch = () => {};

/** What a PC that only runs under a hypervisor would have. */
const hypervisorOnly =
  (name: string): Switch =>
  (_profile, on) => {
    if (on) throw new UsageError(`CPU flag "${name}" belongs to a hypervisor; the silicon has none`);
  };

/** Flags that are no CPUID feature: about migration and about how QEMU reacts, or that the silicon cannot have. */
const FLAGS: Readonly<Record<string, Switch>> = {
  check: NOTHING,
  enforce: NOTHING,
  migratable: NOTHING,
  "host-phys-bits": NOTHING,
  "host-cache-info": NOTHING,
  "l3-cache": NOTHING,
  kvm: NOTHING,
  hv_passthrough: hypervisorOnly("hv_passthrough"),
  "hv-passthrough": hypervisorOnly("hv-passthrough"),
  "vmx-mbec": (profile, on) => {
    if (!on) fixControls(profile, "secondary", "modeBasedExecuteControl");
  },
};

const WIDTH_LEAF = 0x8000_0008;
const LEAST_WIDTH = 32;
const MOST_WIDTH = 52;

const VENDORS = { intel: "GenuineIntel", amd: "AuthenticAMD" } as const;

type Property = (profile: GuestProfile, value: string) => void;

const PROPERTIES: Readonly<Record<string, Property>> = {
  vendor: (profile, value) => {
    const own = VENDORS[profile.toModel("").vendor];
    if (value !== own) throw new UsageError(`vendor=${value}: the silicon here is ${own}`);
  },
  "phys-bits": (profile, value) => {
    const width = /^\d{1,2}$/.test(value) ? Number(value) : 0;
    if (width < LEAST_WIDTH || width > MOST_WIDTH)
      throw new UsageError(`phys-bits=${value}: must be a number from ${LEAST_WIDTH} to ${MOST_WIDTH}`);
    profile.setCpuid(WIDTH_LEAF, 0, "eax", (profile.cpuid(WIDTH_LEAF, 0, "eax") & ~0xff) | width);
  },
};

/** The silicon that `--cpu` describes: a model, alone or with features switched. Errors: `UsageError`. */
export function siliconOf(text: string): CpuModel {
  const { name, switches, properties } = parseCpuText(text);
  // Of names that mean everything, SVM and AMD's vendor string choose.
  const wantsSvm = switches.some(({ feature, on }) => on && feature === "svm");
  const model = siliconNamed(name, wantsSvm || properties.get("vendor") === VENDORS.amd);
  if (switches.length === 0 && properties.size === 0) return model;
  const profile = new GuestProfile(model);
  for (const { feature, on } of switches) {
    const flag = FLAGS[feature];
    if (flag === undefined) switchFeature(profile, feature, on);
    else flag(profile, on);
  }
  for (const [property, value] of properties) {
    const apply = PROPERTIES[property];
    if (apply === undefined) throw new UsageError(`CPU property "${property}" cannot be set on the silicon`);
    apply(profile, value);
  }
  return edited(model, profile, text);
}

/** A model of its own; without any change it is the model itself. */
function edited(model: CpuModel, profile: GuestProfile, text: string): CpuModel {
  const { cpuid, msrs, maxPhysicalAddress, gigabytePages } = profile.toModel(text);
  const same =
    JSON.stringify([cpuid, [...msrs].map(String)]) === JSON.stringify([byLeaf(model), [...model.msrs].map(String)]);
  if (same) return model;
  return { ...model, id: text, title: `${model.title}, as ${text}`, cpuid, msrs, maxPhysicalAddress, gigabytePages };
}

function byLeaf(model: CpuModel): CpuModel["cpuid"] {
  return new GuestProfile(model).cpuidEntries();
}
