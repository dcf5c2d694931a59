import { AC, IF, RF, readRflags, TF } from "../flags.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import type { EventBeingDelivered } from "../virtualization.ts";
import { selectorOf, setParagraph } from "./descriptors.ts";
import { GP } from "./exceptions.ts";
import { gateError, returnAddress } from "./idt-entry.ts";
import { commitStack, currentStack, pushTo } from "./stack-frame.ts";
import { loadSystem } from "./system-memory.ts";

/** Delivers an event in real-address mode (SDM 3B "Interrupt and Exception Handling"). False when a fault is pending. */
export function deliverRealMode(c: Processor, event: EventBeingDelivered): boolean {
  const at = event.vector * 4;
  if (at + 3 > (c.s[S.IDTR + 2]! & 0xffff)) return gateError(c, GP, event.vector) !== null;
  const vector = loadSystem(c, S.IDTR, at, 4);
  if (c.fault !== FAULT_NONE) return false;
  const stack = currentStack(c, 0, false);
  const pushed =
    pushTo(c, stack, 2, readRflags(c.s)) &&
    pushTo(c, stack, 2, selectorOf(c, S.CS)) &&
    pushTo(c, stack, 2, returnAddress(c, event));
  if (!pushed) return false;
  commitStack(c, stack);
  setParagraph(c, S.CS, vector >>> 16);
  c.s[S.RIP] = vector & 0xffff;
  c.s[S.RIP + 1] = 0;
  c.s[S.FLAG_SYSTEM]! &= ~(IF | TF | RF | AC);
  return true;
}
