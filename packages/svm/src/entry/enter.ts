import { STATE } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import { failVmrun } from "../exit/exit.ts";
import { setGlobalInterruptFlag } from "../global-interrupt-flag.ts";
import { switchLastBranch, switchPat } from "../last-branch.ts";
import { loadPdptes } from "../pdptes.ts";
import { saveRegisters } from "../register-state.ts";
import * as W from "../state.ts";
import { selectGuestContext } from "../tlb-contexts.ts";
import { traceCheck, traceVmrun } from "../trace.ts";
import { Vmcb } from "../vmcb.ts";
import { injectEvent } from "./inject.ts";
import { loadGuestState } from "./load-guest.ts";
import { fillSlots, updateVirtualEvents } from "./slots.ts";
import { VmrunContext } from "./vmrun-context.ts";

const MODE_GUEST = 2;
const NMI_BLOCKED = 8;

function firstViolation(core: SvmCore): string | null {
  const x = new VmrunContext(core);
  return core.checks.find((check) => check.violated(x))?.id ?? null;
}

/** Saves the host's state into the page that VM_HSAVE_PA names, and what is kept of it on the processor. */
function saveHost({ c, s }: SvmCore, host: Vmcb): void {
  saveRegisters(s, host);
  s[W.HOST_FLAGS] = (s[STATE.FLAG_SYSTEM]! & (C.RFLAGS_IF | C.RFLAGS_TF)) | (s[STATE.INTERRUPTIBILITY]! & NMI_BLOCKED);
  s[W.HOST_CR4] = s[STATE.CR4]!;
  s[W.HOST_EFER] = s[STATE.EFER]!;
  s[W.ROOT_TRACE_LEVEL] = s[STATE.TRACE_LEVEL]!;
  c.f64[W.HOST_SAVE] = host.address;
}

function becomeGuest(core: SvmCore): void {
  const { c, s, capabilities, nested } = core;
  s[STATE.VIRTUALIZATION_MODE] = MODE_GUEST;
  s[STATE.TRACE_LEVEL] = core.rootClient ? core.clientGuestLevel : s[W.ROOT_TRACE_LEVEL]! + 1;
  const isNested = (s[W.NESTED_CONTROL]! & C.NP_ENABLE) !== 0;
  if (isNested) nested.use();
  else loadPdptes(c.memory, s, s[STATE.CR3]!, capabilities);
  c.secondStage = isNested ? nested : null;
  selectGuestContext(core);
  setGlobalInterruptFlag(core, true);
  updateVirtualEvents(core);
}

/**
 * VMRUN behind its permission checks: saves the host, checks and loads the guest, injects an event (APM 2 "VMRUN Instruction"). RIP is already
 * that of the next instruction. Afterwards the guest runs, or a #VMEXIT has been made.
 */
export function enterGuest(core: SvmCore, hostSaveArea: number): void {
  const { c, s, vmcb } = core;
  core.failedCheck = firstViolation(core);
  if (core.failedCheck !== null) {
    const trace = core.transitionTrace;
    if (trace !== null) {
      traceVmrun(trace, "failed");
      traceCheck(trace, core.failedCheck);
    }
    failVmrun(core);
    return;
  }
  const host = new Vmcb(c.memory, hostSaveArea);
  saveHost(core, host);
  fillSlots(core);
  if ((s[W.EXTENSIONS]! & C.LBR_VIRTUALIZATION) !== 0) switchLastBranch(s, host, vmcb);
  if ((s[W.NESTED_CONTROL]! & C.NP_ENABLE) !== 0) switchPat(s, host, vmcb);
  loadGuestState(core);
  if (core.transitionTrace !== null) traceVmrun(core.transitionTrace, "entered");
  becomeGuest(core);
  injectEvent(core);
}
