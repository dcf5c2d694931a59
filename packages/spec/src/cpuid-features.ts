import { CPUID_WORDS, type CpuidRegister, type CpuidWordDef } from "./cpuid-words-table.ts";

/** Where one feature bit stands. */
export type CpuidFeatureDef = {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
  readonly bit: number;
};

type BitsOf<W> = W extends { readonly bits: infer B } ? keyof B : never;

/** Name of a CPUID feature; a misspelt one is a compile error. */
export type CpuidFeature = BitsOf<(typeof CPUID_WORDS)[keyof typeof CPUID_WORDS]>;

const FEATURES = new Map<string, CpuidFeatureDef>(
  Object.values<CpuidWordDef>(CPUID_WORDS).flatMap(({ leaf, subleaf = 0, register, bits }) =>
    Object.entries(bits).map(([name, bit]) => [name, { leaf, subleaf, register, bit }] as const),
  ),
);

/** All feature names in the order of leaves and bits. */
export const CPUID_FEATURE_NAMES = [...FEATURES.keys()] as readonly CpuidFeature[];

/** Where a feature's bit stands. */
export function cpuidFeature(name: CpuidFeature): CpuidFeatureDef {
  return FEATURES.get(name) as CpuidFeatureDef;
}

/** Whether a text, for example from a command line, names a feature. */
export function isCpuidFeature(name: string): name is CpuidFeature {
  return FEATURES.has(name);
}

/** Features set in one register of CPUID's answer, ascending by bit. */
export function cpuidFeaturesOf(at: Omit<CpuidFeatureDef, "bit">, value: number): CpuidFeature[] {
  return CPUID_FEATURE_NAMES.filter((name) => {
    const { leaf, subleaf, register, bit } = cpuidFeature(name);
    const here = leaf === at.leaf && subleaf === at.subleaf && register === at.register;
    return here && ((value >>> bit) & 1) === 1;
  });
}
