import { STATE, takeStartupSignals } from "@hvdiff/cpu";
import { VMCB } from "@hvdiff/svm";
import { injectException, reflectException } from "./events.ts";
import { redirectsInit } from "./instructions.ts";
import { intercepts } from "./intercepts.ts";
import { resetRatio } from "./merge.ts";
import { EXIT_INIT, eventToL1 } from "./nested-exit.ts";
import { shadowOf, usesNestedPaging } from "./npt-exits.ts";
import type { SvmVcpu } from "./vcpu.ts";

const SECURITY_EXCEPTION = 30;
/** Error code of #SX for a redirected INIT. */
const REDIRECTED_INIT = 1;

/** An INIT that nothing holds back (APM 2 "INIT Intercept", "Security Exception (#SX)"). */
export function takeInit(vcpu: SvmVcpu): void {
  const { state, l0 } = vcpu;
  const { s } = vcpu.guestCpu.file;
  if (state.guestMode && l0.policy.interceptsInit && intercepts(vcpu.v12, "INIT")) {
    // It stays pending behind its exit, until L1 sets its global interrupt flag.
    eventToL1(vcpu, EXIT_INIT);
    return;
  }
  if (!redirectsInit(vcpu) || state.waitsForStartup) {
    resetVcpu(vcpu);
    return;
  }
  if (vcpu.current.lo(VMCB.EVENT_INJECTION) < 0) {
    l0.machine.requestHostInterrupt(vcpu.index);
    return;
  }
  s[STATE.EVENTS]! &= ~STATE.EVENT_INIT;
  state.halted = false;
  if (!reflectException(vcpu, SECURITY_EXCEPTION, REDIRECTED_INIT))
    injectException(vcpu.current, SECURITY_EXCEPTION, REDIRECTED_INIT);
}

/** The virtual processor becomes what an INIT makes of a processor. */
export function resetVcpu(vcpu: SvmVcpu): void {
  const { state, guestCpu, l0 } = vcpu;
  const { file } = guestCpu;
  const keeps = state.guestMode && !l0.policy.initLeavesGuestMode && usesNestedPaging(vcpu);
  state.keptTables = keeps ? { cr4: vcpu.v01.lo(VMCB.CR4), efer: vcpu.v01.lo(VMCB.EFER) } : null;
  state.guestMode = false;
  state.runPending = false;
  state.mergePending = false;
  state.owed = null;
  state.halted = false;
  state.gif = true;
  resetRatio(vcpu);
  const v = vcpu.v01;
  v.set(VMCB.EVENT_INJECTION, 0, 0);
  v.set(VMCB.NESTED_CR3, keeps ? shadowOf(vcpu) : l0.state.tables01, 0);
  v.set(VMCB.INTERRUPT_SHADOW, 0, 0);
  guestCpu.sync(v, state);
  takeStartupSignals(file, STATE.EVENT_INIT);
  file.s[STATE.EVENTS]! &= ~STATE.EVENT_INIT;
  if (file.stop !== null) vcpu.outcome = { kind: "reset", what: "INIT at the bootstrap processor" };
  file.stop = null;
  guestCpu.settle(v, state);
  vcpu.silicon.s.fill(0, STATE.DR0, STATE.DR0 + 8);
  vcpu.silicon.s[STATE.INTERRUPTIBILITY] = 0;
  state.waitsForStartup = true;
  vcpu.forgetTranslations(false);
}

/** A start-up IPI; one that nobody waits for is lost. */
export function takeStartup(vcpu: SvmVcpu): void {
  const { state, guestCpu } = vcpu;
  const { file } = guestCpu;
  guestCpu.sync(vcpu.v01, state);
  const waited = state.waitsForStartup;
  takeStartupSignals(file, STATE.EVENT_SIPI);
  if (!waited) return;
  state.waitsForStartup = false;
  guestCpu.settle(vcpu.v01, state);
}
