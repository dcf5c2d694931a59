import type { VmwriteOperands } from "./instructions/vmwrite.ts";
import type { VmxOutcome } from "./outcome.ts";

/** Is told of VMREADs and VMWRITEs that a guest made on its shadow VMCS: they do not exit, so nobody else hears of them. */
export interface ShadowListener {
  read(encodingLow: number, encodingHigh: number, outcome: VmxOutcome): void;
  write(operands: VmwriteOperands, outcome: VmxOutcome): void;
}
