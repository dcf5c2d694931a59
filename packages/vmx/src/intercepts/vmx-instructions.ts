import { type Op, STATE, STATUS_ABORTED, STATUS_NEXT } from "@hvdiff/cpu";
import { type ExitReasonName, exitReasonNumber } from "@hvdiff/spec";
import { joinAddress } from "../address.ts";
import { applyOutcome } from "../apply-outcome.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { fieldAccessInformation, invalidationInformation, memoryInformation } from "../exit/instruction-information.ts";
import * as F from "../fields.ts";
import { isVmxModeUndefined } from "../instructions/permission.ts";
import { vmfunc } from "../instructions/vmfunc.ts";
import { EXIT, UNDEFINED_OPCODE, type VmxOutcome } from "../outcome.ts";
import * as W from "../state.ts";
import { noteGuestContext, selectGuestContext } from "../tlb-contexts.ts";
import { operandExit, plainExit } from "./instruction-exit.ts";
import { shadowsVmcs, vmreadShadow, vmwriteShadow } from "./vmcs-shadowing.ts";

const VMFUNC = exitReasonNumber("VMFUNC");
const VMCALL = exitReasonNumber("VMCALL");
const RAX = STATE.GPR;
const RCX = STATE.GPR + 2;

function reasonOf(mnemonic: string): number {
  return exitReasonNumber(mnemonic.toUpperCase() as ExitReasonName);
}

const REASONS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    "vmclear",
    "vmlaunch",
    "vmptrld",
    "vmptrst",
    "vmread",
    "vmresume",
    "vmwrite",
    "vmxoff",
    "vmxon",
    "invept",
    "invvpid",
  ].map((mnemonic) => [mnemonic, reasonOf(mnemonic)]),
);

function informationOf(op: Op): number {
  switch (op.instruction.mnemonic) {
    case "vmread":
      return fieldAccessInformation(op, 0, 1);
    case "vmwrite":
      return fieldAccessInformation(op, 1, 0);
    case "invept":
    case "invvpid":
      return invalidationInformation(op);
    default:
      return memoryInformation(op);
  }
}

function vmfuncOutcome(core: VmxCore): VmxOutcome {
  const { c, s, capabilities, vmcs } = core;
  if ((s[W.SECONDARY]! & C.ENABLE_VM_FUNCTIONS) === 0) return UNDEFINED_OPCODE;
  const list = joinAddress(vmcs.lo(F.EPTP_LIST_ADDRESS), vmcs.hi(F.EPTP_LIST_ADDRESS));
  const context = { capabilities, vmcs, readEptpList: (word: number) => c.memory.read32(list + word * 4) };
  return vmfunc(context, s[RAX]!, s[RCX]!);
}

function executeVmfunc(core: VmxCore, op: Op): number {
  const { c, s, vmcs } = core;
  const outcome = vmfuncOutcome(core);
  if (outcome === EXIT) return plainExit(core, op, VMFUNC);
  if (outcome === UNDEFINED_OPCODE) return applyOutcome(c, outcome);
  s[W.EPTP] = vmcs.lo(F.EPT_POINTER);
  s[W.EPTP + 1] = vmcs.hi(F.EPT_POINTER);
  if ((s[W.SECONDARY]! & C.EPT_VIOLATION_VE) !== 0) vmcs.set(F.EPTP_INDEX, s[RCX]!, 0);
  core.ept.use(s[W.EPTP]!, s[W.EPTP + 1]!);
  noteGuestContext(core);
  selectGuestContext(core);
  return STATUS_NEXT;
}

/** A VMX instruction in non-root operation: #UD in the wrong modes, else a VM exit. VMCALL exits from any mode and privilege. */
export function interceptVmxInstruction(core: VmxCore, op: Op): number {
  const { mnemonic } = op.instruction;
  if (mnemonic === "vmcall") return plainExit(core, op, VMCALL);
  if (mnemonic === "vmfunc") return executeVmfunc(core, op);
  const reason = REASONS[mnemonic];
  if (reason === undefined || isVmxModeUndefined(core.environment.context)) {
    core.c.raise(6);
    return STATUS_ABORTED;
  }
  return accessShadow(core, op) ?? operandExit(core, op, reason, informationOf(op));
}

/** VMREAD and VMWRITE where the VMCS is shadowed; null for whatever exits. */
function accessShadow(core: VmxCore, op: Op): number | null {
  if (!shadowsVmcs(core)) return null;
  const { mnemonic } = op.instruction;
  return mnemonic === "vmread" ? vmreadShadow(core, op) : mnemonic === "vmwrite" ? vmwriteShadow(core, op) : null;
}
