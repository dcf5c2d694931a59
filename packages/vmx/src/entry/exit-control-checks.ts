import * as C from "../control-bits.ts";
import * as F from "../fields.ts";
import type { EntryCheck } from "./check.ts";
import { isBadMsrArea, violatesAllowed } from "./value-tests.ts";

const EXIT = { sdm: '3C "VM-Exit Control Fields"', group: "control" } as const;

/** Checks of the VM-exit controls, in the manual's order. */
export const EXIT_CONTROL_CHECKS: readonly EntryCheck[] = [
  {
    ...EXIT,
    id: "control.exit.reserved",
    violated: (c) => violatesAllowed(c.capabilities.controls.exit, c.exit),
  },
  {
    ...EXIT,
    id: "control.secondaryExit.reserved",
    violated: (c) =>
      (c.exit & C.ACTIVATE_SECONDARY_VM_EXIT_CONTROLS) !== 0 &&
      (violatesAllowed(c.capabilities.controls.secondaryExit, c.v.lo(F.SECONDARY_VM_EXIT_CONTROLS)) ||
        c.v.hi(F.SECONDARY_VM_EXIT_CONTROLS) !== 0),
  },
  {
    ...EXIT,
    id: "control.exit.savePreemptionTimerNeedsTimer",
    violated: (c) =>
      (c.pin & C.ACTIVATE_VMX_PREEMPTION_TIMER) === 0 && (c.exit & C.SAVE_VMX_PREEMPTION_TIMER_VALUE) !== 0,
  },
  {
    ...EXIT,
    id: "control.exit.msrStoreArea",
    violated: (c) => isBadMsrArea(c, F.VM_EXIT_MSR_STORE_COUNT, F.VM_EXIT_MSR_STORE_ADDRESS),
  },
  {
    ...EXIT,
    id: "control.exit.msrLoadArea",
    violated: (c) => isBadMsrArea(c, F.VM_EXIT_MSR_LOAD_COUNT, F.VM_EXIT_MSR_LOAD_ADDRESS),
  },
];
