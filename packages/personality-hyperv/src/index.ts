import type { Personality } from "@hvdiff/personality";
import { hypervMechanisms } from "./mechanisms.ts";
import { CAPABILITY_QUIRKS } from "./quirks/capabilities.ts";
import { CPUID_QUIRKS } from "./quirks/cpuid.ts";
import { ENLIGHTENED_QUIRKS } from "./quirks/enlightened.ts";
import { HYPERV_RELEASES } from "./releases.ts";

/** Hyper-V as an L0, as far as its specification and third parties tell. */
export const hyperv: Personality = {
  product: "hyperv",
  title: "Hyper-V",
  kind: "l0",
  basis: "documented",
  releases: HYPERV_RELEASES,
  parameters: [],
  mechanisms: hypervMechanisms,
  quirks: [...CPUID_QUIRKS, ...ENLIGHTENED_QUIRKS, ...CAPABILITY_QUIRKS],
};
