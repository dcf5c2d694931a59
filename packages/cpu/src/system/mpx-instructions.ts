import { MSRS } from "@hvdiff/spec";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import type { Processor } from "../processor.ts";
import { CPL, CR4, XCR0 } from "../state-layout.ts";
import { CR4_OSXSAVE } from "./control-bits.ts";
import { storedMsr } from "./msr-storage.ts";
import { BNDCFGU_WORD } from "./xsave-components.ts";

const BOUND_STATE = 0x18;

/** Whether system software has enabled MPX at this privilege level (SDM 1 "Intel Memory Protection Extensions"). */
function isEnabled(c: Processor): boolean {
  const { s } = c;
  if ((s[CR4]! & CR4_OSXSAVE) === 0 || (s[XCR0]! & BOUND_STATE) !== BOUND_STATE) return false;
  if (s[CPL] === 3) return (s[BNDCFGU_WORD]! & 1) !== 0;
  return (storedMsr(c, MSRS.IA32_BNDCFGS.address) & 1n) !== 0n;
}

/** The opcodes of MPX are NOPs as long as it is not enabled; enabled it is not simulated. */
const mpx: Executor = (c, i) => {
  if (!isEnabled(c)) return STATUS_NEXT;
  c.stopUnimplemented("an instruction of MPX, which is enabled", i.instruction.bytes);
  return STATUS_ABORTED;
};

/** See `mpx`. */
export const MPX_INSTRUCTIONS: Readonly<Record<string, Executor>> = { mpx };
