import type { EntryCheck } from "./check.ts";
import { ENTRY_CONTROL_CHECKS } from "./entry-control-checks.ts";
import { EXECUTION_CONTROL_CHECKS } from "./execution-control-checks.ts";
import { EXIT_CONTROL_CHECKS } from "./exit-control-checks.ts";

/** Checks on VMX controls in the manual's order; a violation is VM-instruction error 7. */
export const CONTROL_CHECKS: readonly EntryCheck[] = [
  ...EXECUTION_CONTROL_CHECKS,
  ...EXIT_CONTROL_CHECKS,
  ...ENTRY_CONTROL_CHECKS,
];
