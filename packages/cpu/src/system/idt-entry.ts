import type { Processor } from "../processor.ts";
import { RIP } from "../state-layout.ts";
import {
  EVENT_TYPE_PRIVILEGED_SOFTWARE_EXCEPTION,
  EVENT_TYPE_SOFTWARE_EXCEPTION,
  EVENT_TYPE_SOFTWARE_INTERRUPT,
  type EventBeingDelivered,
} from "../virtualization.ts";
import { externalBit } from "./exceptions.ts";

const ERROR_IDT = 2;

/** Raises a fault about an IDT entry. Always null. */
export function gateError(c: Processor, vector: number, index: number): null {
  c.raise(vector, index * 8 + ERROR_IDT + externalBit(c));
  return null;
}

/** INT n, INT3 and INTO are subject to the gate's DPL. */
export function isSoftware(event: EventBeingDelivered): boolean {
  return event.type === EVENT_TYPE_SOFTWARE_INTERRUPT || event.type === EVENT_TYPE_SOFTWARE_EXCEPTION;
}

/** The RIP that delivery pushes: behind the instruction for events that an instruction asked for. High half in `c.hi`. */
export function returnAddress(c: Processor, event: EventBeingDelivered): number {
  const fromInstruction = isSoftware(event) || event.type === EVENT_TYPE_PRIVILEGED_SOFTWARE_EXCEPTION;
  const sum = (c.s[RIP]! >>> 0) + (fromInstruction ? event.instructionLength : 0);
  c.hi = c.in64BitMode ? (c.s[RIP + 1]! + (sum > 0xffffffff ? 1 : 0)) | 0 : 0;
  return sum | 0;
}
