import { STATE, takeStartupSignals } from "@hvdiff/cpu";
import * as C from "./controls.ts";
import { comeBackSoon, isBetweenInstructions } from "./events.ts";
import { F } from "./fields.ts";
import { initToL1 } from "./nested-exit.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const WAIT_FOR_SIPI = 3;
const DR7_AT_RESET = 0x400;
const DEBUG_ADDRESS_WORDS = 8;

/** INIT and start-up IPIs that have come to the virtual processor (SDM 3A "Multiple-Processor Initialization", 3C "Other Causes of VM Exits"). */
export function takeStartup(vcpu: VmxVcpu): void {
  const { s } = vcpu.guestCpu.file;
  if ((s[STATE.EVENTS]! & STATE.EVENT_INIT) !== 0) takeInit(vcpu);
  if ((s[STATE.EVENTS]! & STATE.EVENT_SIPI) !== 0) takeStartupIpi(vcpu);
}

/** In VMX root operation INIT waits, unless a product does not know that; in L2 it is an exit to L1. */
function takeInit(vcpu: VmxVcpu): void {
  const { state } = vcpu;
  if (!state.guestMode) {
    if (state.vmxOn && vcpu.l0.options.policy.initInRoot === "held") return;
    leaveVmxOperation(vcpu);
    resetVcpu(vcpu);
    return;
  }
  if (vcpu.current.lo(F.guestActivityState) === WAIT_FOR_SIPI) return;
  if (!isBetweenInstructions(vcpu)) {
    comeBackSoon(vcpu);
    return;
  }
  vcpu.guestCpu.file.s[STATE.EVENTS]! &= ~STATE.EVENT_INIT;
  initToL1(vcpu);
}

function leaveVmxOperation({ environment }: VmxVcpu): void {
  environment.inVmxOperation = false;
  environment.vmxonPointer = -1;
  environment.currentPointer = -1;
}

/** The virtual processor becomes what an INIT makes of a processor. */
export function resetVcpu(vcpu: VmxVcpu): void {
  const { state, guestCpu, silicon, v01: v } = vcpu;
  const { file } = guestCpu;
  guestCpu.sync(v, state);
  takeStartupSignals(file, STATE.EVENT_INIT);
  if (file.stop !== null) vcpu.outcome = { kind: "reset", what: "INIT at the bootstrap processor" };
  file.stop = null;
  guestCpu.settleAll(v, state);
  silicon.s.fill(0, STATE.DR0, STATE.DR0 + DEBUG_ADDRESS_WORDS);
  silicon.s[STATE.DR6] = file.s[STATE.DR6]!;
  v.set(F.guestDr7, DR7_AT_RESET, 0);
  for (const field of [
    F.guestActivityState,
    F.guestInterruptibilityState,
    F.guestPendingDebugExceptions,
    F.vmEntryInterruptionInformation,
  ])
    v.set(field, 0, 0);
  const windows = C.PROC_INTERRUPT_WINDOW | C.PROC_NMI_WINDOW;
  v.set(F.primaryProcessorBasedControls, v.lo(F.primaryProcessorBasedControls) & ~windows, 0);
  state.owed = null;
  state.reinject = null;
  state.halted = false;
  state.waitsForStartup = true;
  vcpu.forgetTranslations(false);
}

/** A start-up IPI; one that nobody waits for is lost. */
function takeStartupIpi(vcpu: VmxVcpu): void {
  const { state, guestCpu, v01 } = vcpu;
  const waited = state.waitsForStartup;
  if (waited) guestCpu.sync(v01, state);
  takeStartupSignals(guestCpu.file, STATE.EVENT_SIPI);
  if (!waited) return;
  state.waitsForStartup = false;
  guestCpu.settleAll(v01, state);
}
