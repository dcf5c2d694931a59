import { type CpuidFeature, cpuidFeature } from "@hvdiff/spec";
import type { CpuidRegister, GuestProfile } from "./guest-profile.ts";

/** A feature word of CPUID: one register of one leaf. */
export type CpuidWord = { readonly leaf: number; readonly subleaf: number; readonly register: CpuidRegister };

/** Whether the guest is shown a feature. */
export function hasFeature(profile: GuestProfile, name: CpuidFeature): boolean {
  const { leaf, subleaf, register, bit } = cpuidFeature(name);
  return profile.hasCpuidBit(leaf, subleaf, register, bit);
}

/** Hides features. */
export function hideFeatures(profile: GuestProfile, ...names: CpuidFeature[]): void {
  for (const name of names) {
    const { leaf, subleaf, register, bit } = cpuidFeature(name);
    clearBits(profile, { leaf, subleaf, register }, 1 << bit);
  }
}

/** Shows a feature. */
export function showFeature(profile: GuestProfile, name: CpuidFeature): void {
  const { leaf, subleaf, register, bit } = cpuidFeature(name);
  profile.setCpuid(leaf, subleaf, register, profile.cpuid(leaf, subleaf, register) | (1 << bit));
}

/** Mask of those of the named features that stand in one word. */
export function featureMask(word: CpuidWord, names: Iterable<CpuidFeature>): number {
  let mask = 0;
  for (const name of names) {
    const { leaf, subleaf, register, bit } = cpuidFeature(name);
    if (leaf === word.leaf && subleaf === word.subleaf && register === word.register) mask |= 1 << bit;
  }
  return mask >>> 0;
}

/** Keeps only the named features of a word. */
export function keepFeatures(profile: GuestProfile, word: CpuidWord, names: Iterable<CpuidFeature>): void {
  clearBits(profile, word, ~featureMask(word, names));
}

/** Clears bits; a leaf that does not exist is not made. */
function clearBits(profile: GuestProfile, { leaf, subleaf, register }: CpuidWord, mask: number): void {
  const value = profile.cpuid(leaf, subleaf, register);
  if ((value & mask) !== 0) profile.setCpuid(leaf, subleaf, register, value & ~mask);
}

/** Makes a leaf's sub-leaf say exactly this. */
export function setLeaf(
  profile: GuestProfile,
  at: { readonly leaf: number; readonly subleaf?: number },
  values: readonly [eax: number, ebx: number, ecx: number, edx: number],
): void {
  const registers: readonly CpuidRegister[] = ["eax", "ebx", "ecx", "edx"];
  registers.forEach((register, i) => {
    profile.setCpuid(at.leaf, at.subleaf ?? 0, register, values[i] as number);
  });
}
