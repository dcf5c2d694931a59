import { writeArithmeticFlags } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { CR4_TSD } from "./control-bits.ts";
import { ENABLE_CHECK, GP, intercepted, raise } from "./exceptions.ts";
import { implicitSegment, readOperand, segmentAddress } from "./operands.ts";

/**
 * TPAUSE and UMWAIT are over at once: their wait may end for reasons of the implementation, and CF tells that the limit of
 * IA32_UMWAIT_CONTROL was not what ended it.
 */
const pause: Executor = (c, i) => {
  const allowed = intercepted(c, i, INTERCEPT.waitpkg, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  if ((c.s[S.CR4]! & CR4_TSD) !== 0 && c.s[S.CPL] !== 0) return raise(c, GP, 0);
  const status = intercepted(c, i, INTERCEPT.waitpkg);
  if (status !== STATUS_NEXT) return status;
  if ((readOperand(c, i, 0) & ~1) !== 0) return raise(c, GP, 0);
  writeArithmeticFlags(c.s, 0);
  return STATUS_NEXT;
};

/** The address is checked as that of a load; nothing is kept of it, since UMWAIT does not wait. */
const umonitor: Executor = (c, i) => {
  const allowed = intercepted(c, i, INTERCEPT.waitpkg, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  const offset = readOperand(c, i, 0);
  const low = segmentAddress(c, implicitSegment(i), offset, c.hi, 1, ACCESS_READ);
  if (c.fault === FAULT_NONE) c.load8(low, c.hi);
  return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
};

/** WAITPKG. SDM 2B "TPAUSE—Timed PAUSE", "UMONITOR—User Level Set Up Monitor Address", "UMWAIT—User Level Monitor Wait". */
export const WAIT_INSTRUCTIONS: Readonly<Record<string, Executor>> = { tpause: pause, umwait: pause, umonitor };
