import { type Op, STATUS_ABORTED } from "@hvdiff/cpu";
import type { SvmCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";

/** The exit of an instruction with what was put into the information since `begin`. Always `STATUS_ABORTED`. */
export function endInstructionExit(core: SvmCore, op: Op): number {
  core.information.behind(op);
  makeExit(core);
  return STATUS_ABORTED;
}

/** An exit that reports nothing but the next instruction. */
export function plainExit(core: SvmCore, op: Op, code: number): number {
  core.information.begin(code);
  return endInstructionExit(core, op);
}
