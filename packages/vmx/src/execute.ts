import {
  ACCESS_READ,
  ACCESS_WRITE,
  FAULT_NONE,
  memoryAddress,
  type Op,
  STATUS_ABORTED,
  STATUS_RETIRED,
} from "@hvdiff/cpu";
import { u64 } from "@hvdiff/spec";
import { applyOutcome } from "./apply-outcome.ts";
import type { VmxCore } from "./core.ts";
import { enterGuest } from "./entry/enter.ts";
import type { VmxEnvironment } from "./environment.ts";
import { executeVmread, executeVmwrite } from "./execute-fields.ts";
import { executeInvept, executeInvvpid } from "./execute-invalidations.ts";
import { finish } from "./finish.ts";
import { checkPermission, isVmxModeUndefined } from "./instructions/permission.ts";
import { vmcall } from "./instructions/vmcall.ts";
import { vmclear } from "./instructions/vmclear.ts";
import { vmlaunch, vmresume } from "./instructions/vmlaunch-vmresume.ts";
import { vmptrld } from "./instructions/vmptrld.ts";
import { vmptrst } from "./instructions/vmptrst.ts";
import { vmxoff } from "./instructions/vmxoff.ts";
import { checkVmxon, vmxon } from "./instructions/vmxon.ts";
import { GENERAL_PROTECTION, outcomeText, UNDEFINED_OPCODE, type VmxOutcome } from "./outcome.ts";
import { traceVmentry } from "./trace.ts";

const POINTER_BYTES = 8;

type PointerOperation = (env: VmxEnvironment, lo: number, hi: number) => VmxOutcome;

function executePointer(core: VmxCore, op: Op, denied: VmxOutcome | null, operation: PointerOperation): number {
  const { c, environment } = core;
  if (denied !== null) return finish(core, op, denied);
  const low = memoryAddress(c, op, POINTER_BYTES, ACCESS_READ);
  const lo = c.fault === FAULT_NONE ? c.load64(low, c.hi) : 0;
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const hi = c.hi;
  return finish(core, op, operation(environment, lo, hi), c.trace === null ? undefined : u64(lo, hi));
}

function executeVmptrst(core: VmxCore, op: Op): number {
  const { c, environment } = core;
  const denied = checkPermission(environment);
  if (denied !== null) return finish(core, op, denied);
  const low = memoryAddress(c, op, POINTER_BYTES, ACCESS_WRITE);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const outcome = vmptrst(environment);
  c.store64(low, c.hi, environment.value.lo, environment.value.hi);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  return finish(core, op, outcome, c.trace === null ? undefined : u64(environment.value.lo, environment.value.hi));
}

function executeEntry(core: VmxCore, op: Op, isLaunch: boolean): number {
  const { c, environment } = core;
  const denied = checkPermission(environment);
  const outcome = denied ?? (isLaunch ? vmlaunch(environment) : vmresume(environment));
  if (outcome.kind !== "enter") {
    if (c.trace !== null) traceVmentry(c.trace, isLaunch, outcomeText(outcome));
    return applyOutcome(c, outcome);
  }
  // A VM exit returns behind the instruction only if the host's RIP says so; a failure continues behind it.
  core.retiredAtEntry = c.blockBase + op.position + 1;
  const result = enterGuest(core, isLaunch);
  if (result.kind === "failValid" || result.kind === "failInvalid") return applyOutcome(c, result);
  if (c.stop !== null) return STATUS_ABORTED;
  c.fault = FAULT_NONE;
  return STATUS_RETIRED;
}

/** VMCALL has its own order: outside VMX operation #UD, then the modes, then privilege. */
function executeVmcall(core: VmxCore, op: Op): number {
  const { environment } = core;
  const { context } = environment;
  if (!environment.inVmxOperation) return finish(core, op, UNDEFINED_OPCODE);
  const isCompatibility = isVmxModeUndefined(context) && (context.cr0 & 1) !== 0;
  if (isCompatibility) return finish(core, op, UNDEFINED_OPCODE);
  return finish(core, op, context.cpl > 0 ? GENERAL_PROTECTION : vmcall(environment));
}

type Executor = (core: VmxCore, op: Op) => number;

/** VMX instructions in root operation and outside VMX operation, by mnemonic. */
export const ROOT_EXECUTORS: Readonly<Record<string, Executor>> = {
  vmxon: (core, op) => executePointer(core, op, checkVmxon(core.environment), vmxon),
  vmxoff: (core, op) => finish(core, op, checkPermission(core.environment) ?? vmxoff(core.environment)),
  vmclear: (core, op) => executePointer(core, op, checkPermission(core.environment), vmclear),
  vmptrld: (core, op) => executePointer(core, op, checkPermission(core.environment), vmptrld),
  vmptrst: executeVmptrst,
  vmread: executeVmread,
  vmwrite: executeVmwrite,
  vmlaunch: (core, op) => executeEntry(core, op, true),
  vmresume: (core, op) => executeEntry(core, op, false),
  invept: executeInvept,
  invvpid: executeInvvpid,
  vmcall: executeVmcall,
  vmfunc: (core, op) => finish(core, op, UNDEFINED_OPCODE),
};
