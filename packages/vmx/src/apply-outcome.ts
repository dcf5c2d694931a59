import { CF, type Processor, STATUS_ABORTED, STATUS_NEXT, writeArithmeticFlags, ZF } from "@hvdiff/cpu";
import type { VmxOutcome } from "./outcome.ts";

/** What an outcome does to RFLAGS and the pending fault (SDM 3C "Conventions"). Returns the execution status. */
export function applyOutcome(c: Processor, outcome: VmxOutcome): number {
  switch (outcome.kind) {
    case "fault":
      c.raise(outcome.vector, outcome.errorCode);
      return STATUS_ABORTED;
    case "failInvalid":
      writeArithmeticFlags(c.s, CF);
      return STATUS_NEXT;
    case "failValid":
      writeArithmeticFlags(c.s, ZF);
      return STATUS_NEXT;
    default:
      writeArithmeticFlags(c.s, 0);
      return STATUS_NEXT;
  }
}
