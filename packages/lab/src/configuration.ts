import type { CpuModel } from "@hvdiff/cpu";
import { ARCHITECTURAL_POLICY, type Mechanisms, type NestedPolicy, PLAIN_MECHANISMS } from "@hvdiff/nested";
import { buildGuestModel, mergePolicy, type Quirk } from "@hvdiff/personality";
import { PERSONALITIES } from "./products.ts";
import type { ResolvedColumn } from "./resolved-column.ts";
import { translationOf } from "./translation.ts";

/** The CPU and the policy that a column comes down to: two quirk sets with the same configuration run the same. */
export interface Configuration {
  readonly guestModel: CpuModel;
  readonly policy: NestedPolicy;
  readonly mechanisms: Mechanisms;
  /** Equal for equal configurations. */
  readonly key: string;
  /** Of each hypervisor of a stack, from the bottom up; null for a single one. */
  readonly levels: readonly Configuration[] | null;
}

/** What a column does with these of its quirks on. */
export function configurationOf(column: ResolvedColumn, quirks: readonly Quirk[], silicon: CpuModel): Configuration {
  return column.levels === null ? loneConfiguration(column, quirks, silicon) : stackOf(column.levels, quirks, silicon);
}

/** Leaves 4000_00xxH: a hypervisor's own. */
const HYPERVISOR_LEAVES = 0x40_0000;

/**
 * What a hypervisor can show its guest of the processor that the one below offers: never that one's own interface, which it does not keep for its
 * guest.
 */
export function withoutInterface(offered: CpuModel): CpuModel {
  return { ...offered, cpuid: offered.cpuid.filter(({ leaf }) => leaf >>> 8 !== HYPERVISOR_LEAVES) };
}

function loneConfiguration(column: ResolvedColumn, quirks: readonly Quirk[], silicon: CpuModel): Configuration {
  const { product } = column.spec;
  if (product === "metal" || product === "ideal")
    return {
      guestModel: silicon,
      policy: ARCHITECTURAL_POLICY,
      mechanisms: PLAIN_MECHANISMS,
      key: product,
      levels: null,
    };
  const guestModel = buildGuestModel(silicon, column.context, quirks);
  const policies = quirks.filter((quirk) => quirk.policy !== undefined).map((quirk) => quirk.id);
  const msrs = [...guestModel.msrs].map(([address, value]) => `${address}=${value}`);
  const mechanisms = mechanismsOf(column);
  const key = JSON.stringify([guestModel.cpuid, msrs, policies, mechanisms]);
  return { guestModel, policy: mergePolicy(quirks), mechanisms, key, levels: null };
}

/** How the column's product works inside; its quirks have no say in that. */
function mechanismsOf({ spec, context }: ResolvedColumn): Mechanisms {
  const product = PERSONALITIES.find((personality) => personality.product === spec.product);
  return { ...PLAIN_MECHANISMS, ...product?.mechanisms?.(context) };
}

/** Each hypervisor stands on the CPU that the one below shows; one that translates makes its own. */
function stackOf(columns: readonly ResolvedColumn[], quirks: readonly Quirk[], silicon: CpuModel): Configuration {
  const levels: Configuration[] = [];
  for (const column of columns) {
    const own = column.quirks.filter((quirk) => quirks.includes(quirk));
    const below = translationOf(column) === null ? levels.at(-1) : undefined;
    levels.push(loneConfiguration(column, own, below === undefined ? silicon : withoutInterface(below.guestModel)));
  }
  return { ...levels.at(-1)!, key: levels.map(({ key }) => key).join("//"), levels };
}
