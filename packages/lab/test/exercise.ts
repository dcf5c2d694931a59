import { CPU_MODELS, type CpuModel } from "@hvdiff/cpu";
import { type Personality, type Quirk, quirkActive, type Release } from "@hvdiff/personality";
import { UsageError } from "../src/api.ts";
import { configurationOf } from "../src/configuration.ts";
import { PERSONALITIES } from "../src/products.ts";
import { resolveColumn } from "../src/resolve.ts";
import type { ResolvedColumn } from "../src/resolved-column.ts";
import { TraceCache } from "./traces.ts";

/** Where switching a quirk off changed what the guest saw. */
export interface Exercise {
  readonly cpu: string;
  readonly column: string;
  readonly scenario: string;
}

/** Models that stand for the kinds of model QEMU has; all others are tried after them. */
const MODELS_FIRST = ["host", "host-model", "Skylake-Client", "qemu64"];
/** The scenario that shows what the processor says of itself, and the others from cheap to dear. */
const CAPABILITIES = "capabilities";
const ENTRY_CHECKS = "entry-checks";
/** Scenarios about SVM. */
const ON_SVM = ["npt-1g", "npt-2m", "svm-instructions", "sx-init-redirect", "vmrun-checks"];
const OTHERS = [
  "vmx-instruction-errors",
  "vmcs12-memory",
  "physical-address-width",
  "xsaves-control",
  "ept-walk",
  ENTRY_CHECKS,
  "xsaves-late-launch",
];

/** Scenarios about enlightened VMCSs, and what offers them. */
const ON_ENLIGHTENED = ["enlightened-vmcs", "enlightened-vmptrld", "l2-flush"];
const SYNTHETIC = ["hypercalls", "synic", "timers", "referenceTime"];
/** Leaf in which the nested enlightenments are offered. */
const NESTED_FEATURES = "cpuid.4000000a";
const ENLIGHTENED_MODEL = "host/hv-vapic=on/hv-evmcs=on/hv-emsr-bitmap=on/hv-tlbflush-direct=on/hv-passthrough=on";

function isAboutVmxonRegion(policy: Quirk["policy"]): boolean {
  return policy?.ownVmxonRevision !== undefined || policy?.vmxInstructions?.vmxonPointerChecks !== undefined;
}

/** Columns in which a hypervisor uses enlightened VMCSs on another: only there is the VMXON region another than the manual has it. */
const ON_EACH_OTHER = [`kvm@6.1+qemu@8.2/${ENLIGHTENED_MODEL}//kvm@4.17`, "hyperv@2022//kvm@4.17"];

/** Columns in which CPUID offers L1 nothing of SVM beyond SVM itself. */
const BARE_SVM = ["kvm@6.1+qemu@8.2/qemu64/svm=on"];

/** The only columns in which a quirk can show, where those are few and far from the likely ones. */
function onlyColumns({ policy }: Quirk): readonly string[] | null {
  if (isAboutVmxonRegion(policy)) return ON_EACH_OTHER;
  return policy?.svm?.nestedPaging === undefined ? null : BARE_SVM;
}

/** Scenarios in the order in which a quirk is likely to show. */
function scenariosFor({ affects, capabilities, policy = {} }: Quirk): readonly string[] {
  const points = Object.keys(policy);
  if (isAboutVmxonRegion(policy)) return ["plain-cpuid"];
  if (points.some((point) => point.endsWith("VmrunChecks"))) return ["vmrun-checks"];
  if (points.includes("svm")) return ON_SVM;
  if (affects.includes(NESTED_FEATURES)) return ["msr-storm"];
  if (Object.keys(policy.enlightened ?? {}).some((point) => SYNTHETIC.includes(point))) return ["synthetic-interrupts"];
  if (points.includes("enlightened")) return ON_ENLIGHTENED;
  if (points.includes("hypercalls")) return ["hypercalls", "vmx-instruction-errors"];
  if (points.includes("vmcs12")) return ["vmcs12-memory"];
  if (points.includes("haltsBeforeInjectedEvent")) return ["halted-entry"];
  if (points.includes("unbackedFetch")) return ["astray"];
  if (points.includes("unbackedApicAccessPage")) return ["unbacked-apic-page"];
  if (points.some((point) => point.endsWith("BehindOwnInstruction"))) return ["emulated-steps"];
  if (points.includes("initInRoot")) return ["init-in-root"];
  if (points.includes("msrListLimit") || policy.vmxInstructions?.writtenAccessRights !== undefined)
    return ["left-to-processor"];
  if (capabilities !== undefined) return [CAPABILITIES, "npt-2m", ...OTHERS];
  return points.some((point) => point.endsWith("EntryChecks")) ? [ENTRY_CHECKS, ...OTHERS] : OTHERS;
}

/** A quirk that moves something else than the capabilities shows it on the first few candidates or not at all. */
const MOST_CANDIDATES = 3;
/** A quirk that so many likely places do not show is not shown anywhere; without a bound the search takes hours. */
const MOST_TRIES = 500;
/** The model that has nothing of VMX, given just enough that one feature more or less can be seen. */
const BARE_MODEL = "qemu64/vmx-secondary-ctls=on/vmx-ept=on/vmx-vpid=on";
/** How many columns at the head of the list are likely ones. */
const LIKELY = 60;
const WIDTH_FLAGS = ["phys-bits=42", "host-phys-bits=on"];

/** One release of each run of releases that have the same quirks in range and the same defaults. */
function distinctReleases(personality: Personality): Release[] {
  const seen = new Set<string>();
  return [...personality.releases].reverse().filter(({ version }) => {
    const spec = { product: personality.product, version, parameters: new Map(), vmm: null, text: "" };
    const inRange = personality.quirks.filter((quirk) => quirkActive(quirk, spec)).map(({ id }) => id);
    const defaults = personality.parameters.map((parameter) => parameter.defaultFor(version));
    const signature = JSON.stringify([inRange, defaults]);
    return !seen.has(signature) && seen.add(signature);
  });
}

/** An L0 product's spellings: each distinct release, alone and with each parameter at each other value. */
function l0Spellings({ product, parameters, ...rest }: Personality): string[] {
  return distinctReleases({ product, parameters, ...rest }).flatMap(({ version }) => {
    const assignments = parameters.flatMap(({ name, values, defaultFor }) =>
      values.filter((value) => value !== defaultFor(version)).map((value) => `/${name}=${value}`),
    );
    return ["", ...assignments].map((assignment) => `${product}@${version}${assignment}`);
  });
}

function vmmReleases(vmm: Personality): string[] {
  return distinctReleases(vmm).map(({ version }) => `${vmm.product}@${version}`);
}

function modelsOf(vmm: Personality): string[] {
  return [...new Set([...MODELS_FIRST, ...(vmm.models ?? [])])];
}

/** The newest release of a VMM with each flag on and off. */
function flagSpellings(vmm: Personality): string[] {
  const flags = (vmm.flags ?? []).filter((flag) => !flag.endsWith("phys-bits"));
  const assignments = [...WIDTH_FLAGS, ...flags.flatMap((flag) => [`${flag}=off`, `${flag}=on`])];
  const [release] = vmmReleases(vmm);
  const bare = assignments.filter((assignment) => !BARE_MODEL.includes(assignment.split("=")[0] ?? ""));
  return [
    `${release}/${BARE_MODEL}`,
    ...bare.map((assignment) => `${release}/${BARE_MODEL}/${assignment}`),
    ...MODELS_FIRST.flatMap((model) => assignments.map((assignment) => `${release}/${model}/${assignment}`)),
  ];
}

/** Columns of an L0 product alone, or of it and a VMM: one half varies in everything, the other in what it is known to matter. */
function spellingsOf(l0: Personality, vmm: Personality | undefined, forVmm: boolean): string[] {
  if (vmm === undefined) return l0Spellings(l0);
  const releases = vmmReleases(vmm);
  const halves = releases.flatMap((release) => MODELS_FIRST.map((model) => `${release}/${model}`));
  const models = releases.flatMap((release) => modelsOf(vmm).map((model) => `${release}/${model}`));
  const versions = distinctReleases(l0).map(({ version }) => `${l0.product}@${version}`);
  const joined = (left: readonly string[], right: readonly string[]): string[] =>
    right.flatMap((half) => left.map((spelled) => `${spelled}+${half}`));
  return [
    ...new Set([
      ...(forVmm ? joined(versions.slice(0, 1), models) : []),
      ...joined(l0Spellings(l0), halves),
      ...(vmm.product === "qemu" ? joined(versions, [`${releases[0]}/${ENLIGHTENED_MODEL}`]) : []),
      ...joined(versions, models),
      ...(forVmm ? joined(versions.slice(0, 1), flagSpellings(vmm)) : []),
    ]),
  ];
}

/** Every column on which a quirk of this product is looked for, likely ones first. */
function candidates(personality: Personality): string[] {
  const l0 = PERSONALITIES.find(({ vmm }) => vmm === personality.product) ?? personality;
  return spellingsOf(
    l0,
    PERSONALITIES.find(({ product }) => product === l0.vmm),
    personality.kind === "vmm",
  );
}

/** Likely columns on every processor, then every column on one processor after the other. */
function* pairs(columns: readonly string[]): Generator<readonly [column: string, silicon: CpuModel]> {
  for (const column of columns.slice(0, LIKELY)) for (const silicon of CPU_MODELS) yield [column, silicon];
  for (const silicon of CPU_MODELS) for (const column of columns) yield [column, silicon];
}

/** Finds for each quirk a column on which a bundled guest notices it. */
export class Exerciser {
  private readonly traces = new TraceCache();
  private readonly columns = new Map<Personality, readonly string[]>();
  private readonly resolved = new Map<string, ResolvedColumn | null>();

  /** The first candidate on which the guest notices, or null. */
  find(quirk: Quirk, personality: Personality): Exercise | null {
    let tried = 0;
    const columns = onlyColumns(quirk) ?? this.candidatesOf(personality);
    for (const [column, silicon] of pairs(columns)) {
      const found = this.exerciseAt(quirk, column, silicon, tried < MOST_CANDIDATES);
      if (typeof found === "object") return found;
      if (found) tried++;
      if (tried === MOST_TRIES) break;
    }
    return null;
  }

  /** Where it is noticed; else whether there was a chance that it would be. */
  private exerciseAt(quirk: Quirk, text: string, silicon: CpuModel, thoroughly: boolean): Exercise | boolean {
    const column = this.columnOf(text, silicon, quirk);
    if (column === null || !column.quirks.includes(quirk)) return false;
    const without = column.quirks.filter((other) => other !== quirk);
    const on = configurationOf(column, column.quirks, silicon);
    const off = configurationOf(column, without, silicon);
    if (on.key === off.key) return false;
    const scenarios = scenariosFor(quirk);
    for (const scenario of thoroughly ? scenarios : scenarios.slice(0, 1)) {
      if (this.traces.differ(scenario, column, silicon, [on, off])) return { cpu: silicon.id, column: text, scenario };
    }
    return true;
  }

  private candidatesOf(personality: Personality): readonly string[] {
    let columns = this.columns.get(personality);
    if (columns === undefined) {
      columns = candidates(personality);
      this.columns.set(personality, columns);
    }
    return columns;
  }

  private columnOf(text: string, silicon: CpuModel, quirk: Quirk): ResolvedColumn | null {
    const quirks = quirk.optIn === true ? [`+${quirk.id}`] : [];
    const key = `${silicon.id} ${text} ${quirks}`;
    let column = this.resolved.get(key);
    if (column === undefined) {
      column = tryToResolve(text, silicon, quirks);
      this.resolved.set(key, column);
    }
    return column;
  }
}

/** A column that the product would refuse is no candidate. */
function tryToResolve(text: string, silicon: CpuModel, quirks: readonly string[]): ResolvedColumn | null {
  try {
    return resolveColumn(text, silicon, { quirks });
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}
