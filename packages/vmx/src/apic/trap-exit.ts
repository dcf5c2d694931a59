import { STATE } from "@hvdiff/cpu";
import type { VmxCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";
import * as W from "../state.ts";

/** Asks for a look at the virtual APIC at the next boundary as long as there is something to see. */
export function updateApicEvent({ s }: VmxCore): void {
  const something = s[W.VIRTUAL_INTERRUPT]! | s[W.APIC_WRITE]! | s[W.TRAP_EXIT]!;
  if (something !== 0) s[STATE.EVENTS]! |= STATE.EVENT_VIRTUAL;
  else s[STATE.EVENTS]! &= ~STATE.EVENT_VIRTUAL;
}

/** A trap-like VM exit will be made behind the instruction that runs, or before the first of the guest. */
export function pendTrapExit(core: VmxCore, reason: number, qualification: number): void {
  const { s } = core;
  s[W.TRAP_EXIT] = reason;
  s[W.TRAP_QUALIFICATION] = qualification;
  updateApicEvent(core);
}

/** Makes the trap-like exit that waits. True if there was one. */
export function takeTrapExit(core: VmxCore): boolean {
  const { s } = core;
  const reason = s[W.TRAP_EXIT]!;
  if (reason === 0) return false;
  core.information.begin(reason).qualify(s[W.TRAP_QUALIFICATION]!, 0);
  makeExit(core);
  return true;
}

/** Forgets what the guest has pending in its virtual APIC: at VM entries and exits. */
export function forgetApicEvents(core: VmxCore): void {
  const { s } = core;
  s[W.VIRTUAL_INTERRUPT] = 0;
  s[W.APIC_WRITE] = 0;
  s[W.TRAP_EXIT] = 0;
  s[STATE.EVENTS]! &= ~STATE.EVENT_VIRTUAL;
}
