export type { ColumnContext, ColumnSpec, VmmSpec } from "./column.ts";
export { type CpuidRegister, GuestProfile } from "./guest-profile.ts";
export type { Parameter, Personality, Release } from "./personality.ts";
export {
  CAPABILITY_STAGES,
  type CapabilityRule,
  type CapabilityStage,
  type Confidence,
  defineQuirk,
  type Evidence,
  type Quirk,
} from "./quirk.ts";
