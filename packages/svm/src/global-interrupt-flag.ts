import { STATE } from "@hvdiff/cpu";
import * as C from "./control-bits.ts";
import type { SvmCore } from "./core.ts";
import * as W from "./state.ts";

const MODE_GUEST = 2;
/** What waits while GIF is 0 (APM 2 "Global Interrupt Flag, STGI and CLGI Instructions"). */
const HELD_BY_GIF = STATE.EVENT_INTERRUPT | STATE.EVENT_NMI | STATE.EVENT_SMI | STATE.EVENT_INIT | STATE.EVENT_VIRTUAL;

/** Tells the processor which events it must not look at by itself: by GIF, and interrupts that V_INTR_MASKING leaves to the host's IF. */
export function updateHeldEvents({ s }: SvmCore): void {
  const masking = s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST && (s[W.VIRTUAL_INTERRUPT]! & C.V_INTR_MASKING) !== 0;
  s[STATE.HELD_EVENTS] = s[W.GIF_CLEAR] !== 0 ? HELD_BY_GIF : masking ? STATE.EVENT_INTERRUPT : 0;
}

export function setGlobalInterruptFlag(core: SvmCore, on: boolean): void {
  core.s[W.GIF_CLEAR] = on ? 0 : 1;
  updateHeldEvents(core);
}
