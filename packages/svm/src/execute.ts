import { type Op, STATE, STATUS_NEXT } from "@hvdiff/cpu";
import { VMEXIT_CODES, type VmexitCodeName, vmexitCodeDef } from "@hvdiff/spec";
import * as C from "./control-bits.ts";
import type { SvmCore } from "./core.ts";
import { setGlobalInterruptFlag } from "./global-interrupt-flag.ts";
import { checkPermission, undefinedOpcode } from "./instructions/permission.ts";
import { executeVmload, executeVmsave } from "./instructions/vmload-vmsave.ts";
import { executeVmrun } from "./instructions/vmrun.ts";
import { endInstructionExit, plainExit } from "./intercepts/instruction-exit.ts";
import * as W from "./state.ts";
import { flushPageOf } from "./tlb-contexts.ts";
import { traceInstruction } from "./trace.ts";

const MODE_GUEST = 2;
const RCX = STATE.GPR + 2;

type Executor = (core: SvmCore, op: Op) => number;

function inGuest({ s }: SvmCore): boolean {
  return s[STATE.VIRTUALIZATION_MODE] === MODE_GUEST;
}

function isIntercepted(core: SvmCore, name: VmexitCodeName): boolean {
  if (!inGuest(core)) return false;
  const [word, bit] = vmexitCodeDef(name).intercept!;
  return core.intercepts(word, 1 << bit);
}

/** STGI and CLGI: of a guest with a virtual GIF that one (APM 2 "Virtual GIF (VGIF)"). */
function setFlag(on: boolean): Executor {
  return (core) => {
    const { c, s } = core;
    if (inGuest(core) && (s[W.VIRTUAL_INTERRUPT]! & C.V_GIF_ENABLE) !== 0)
      s[W.VIRTUAL_INTERRUPT] = (s[W.VIRTUAL_INTERRUPT]! & ~C.V_GIF) | (on ? C.V_GIF : 0);
    else setGlobalInterruptFlag(core, on);
    if (c.trace !== null) traceInstruction(c.trace, on ? "stgi" : "clgi");
    // Events that have waited come at the boundary behind it.
    c.translationChanged();
    return STATUS_NEXT;
  };
}

/** The address is rAX's, cut to the address size; the ASID is in ECX. */
function invlpga(core: SvmCore, op: Op): number {
  const { c, s } = core;
  const size = op.instruction.addressSize;
  const low = size === 16 ? s[STATE.GPR]! & 0xffff : s[STATE.GPR]!;
  const high = size === 64 ? s[STATE.GPR + 1]! : 0;
  if (c.isCanonical(high)) flushPageOf(core, s[RCX]!, low, high);
  if (c.trace !== null) traceInstruction(c.trace, "invlpga");
  return STATUS_NEXT;
}

/** What INVLPGA's exit reports: with decode assists the address. */
function invlpgaExit(core: SvmCore, op: Op): number {
  core.information.begin(VMEXIT_CODES.INVLPGA.code);
  return endInstructionExit(core, op);
}

/** The secure loader needs a security processor: the models leave it out, and one that has it stops here. */
const skinit: Executor = ({ c }, op) => {
  c.stopUnimplemented("skinit", op.instruction.bytes);
  return 2;
};

/** VMMCALL is nothing but an intercept: #UD without. It has no privilege. */
const vmmcall: Executor = (core, op) =>
  isIntercepted(core, "VMMCALL") ? plainExit(core, op, VMEXIT_CODES.VMMCALL.code) : undefinedOpcode(core);

/** Exceptions come before the intercept, the intercept before the operand. */
function privileged(name: VmexitCodeName, execute: Executor, exit?: Executor): Executor {
  const { code } = VMEXIT_CODES[name];
  return (core, op) => {
    const denied = checkPermission(core);
    if (denied !== 0) return denied;
    if (isIntercepted(core, name)) return exit === undefined ? plainExit(core, op, code) : exit(core, op);
    return execute(core, op);
  };
}

/** SVM instructions by mnemonic. */
export const EXECUTORS: Readonly<Record<string, Executor>> = {
  vmrun: privileged("VMRUN", executeVmrun),
  vmmcall,
  vmload: privileged("VMLOAD", executeVmload),
  vmsave: privileged("VMSAVE", executeVmsave),
  stgi: privileged("STGI", setFlag(true)),
  clgi: privileged("CLGI", setFlag(false)),
  skinit: privileged("SKINIT", skinit),
  invlpga: privileged("INVLPGA", invlpga, invlpgaExit),
};
