import type { EntryCheck } from "./check.ts";
import { GUEST_PDPTE_CHECKS } from "./guest-pdpte-checks.ts";
import { GUEST_REGISTER_CHECKS } from "./guest-register-checks.ts";
import { GUEST_RIP_CHECKS } from "./guest-rip-checks.ts";
import { GUEST_SEGMENT_CHECKS } from "./guest-segment-checks.ts";
import { GUEST_STATE_CHECKS } from "./guest-state-checks.ts";
import { GUEST_TABLE_CHECKS } from "./guest-table-checks.ts";

/** Checks on the guest-state area in the manual's order; a violation is exit 33. */
export const GUEST_CHECKS: readonly EntryCheck[] = [
  ...GUEST_REGISTER_CHECKS,
  ...GUEST_SEGMENT_CHECKS,
  ...GUEST_TABLE_CHECKS,
  ...GUEST_RIP_CHECKS,
  ...GUEST_STATE_CHECKS,
  ...GUEST_PDPTE_CHECKS,
];
