import type { CpuModel } from "@hvdiff/cpu";
import type { ColumnContext } from "./column.ts";
import { GuestProfile } from "./guest-profile.ts";
import { CAPABILITY_STAGES, type Quirk } from "./quirk.ts";

/** The profile a column's guest gets: the silicon's own, edited by the quirks' rules stage by stage. */
export function buildGuestProfile(silicon: CpuModel, context: ColumnContext, quirks: readonly Quirk[]): GuestProfile {
  const profile = new GuestProfile(silicon);
  for (const stage of CAPABILITY_STAGES) {
    for (const { capabilities } of quirks) if (capabilities?.stage === stage) capabilities.apply(profile, context);
  }
  return profile;
}

/** The processor a column's guest sees. With no quirks, and for `metal` and `ideal`, it says what the silicon says. */
export function buildGuestModel(silicon: CpuModel, context: ColumnContext, quirks: readonly Quirk[]): CpuModel {
  return buildGuestProfile(silicon, context, quirks).toModel(context.spec.text);
}
