import { deliverEvent, deliverException, EVENT_TYPE_SOFTWARE_EXCEPTION, FAULT_NONE, FAULT_STOP } from "@hvdiff/cpu";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as F from "../fields.ts";

const TYPE_EXCEPTION = 3;
const TYPE_SOFTWARE = 4;
const BREAKPOINT = 3;
const OVERFLOW = 4;

/** Events of instructions return behind them: to nRIP, where the processor has it (APM 2 "Event Injection"). */
function instructionLength({ vmcb, capabilities }: SvmCore, isOfInstruction: boolean): number {
  if (!isOfInstruction || !capabilities.nextRip) return 0;
  return (vmcb.lo(F.NEXT_RIP) - vmcb.lo(F.RIP)) | 0;
}

/** Injects the event that EVENTINJ names. It is not subject to the guest's intercepts. */
export function injectEvent(core: SvmCore): void {
  const { c, vmcb } = core;
  const event = vmcb.lo(F.EVENT_INJECTION);
  if ((event & C.EVENT_VALID) === 0) return;
  const vector = event & 0xff;
  const type = (event >>> 8) & 7;
  const isTrap = type === TYPE_EXCEPTION && (vector === BREAKPOINT || vector === OVERFLOW);
  const errorCode = (event & C.EVENT_ERROR_CODE_VALID) !== 0 ? vmcb.hi(F.EVENT_INJECTION) : -1;
  const length = instructionLength(core, isTrap || type === TYPE_SOFTWARE);
  c.fault = FAULT_NONE;
  if (!deliverEvent(c, vector, isTrap ? EVENT_TYPE_SOFTWARE_EXCEPTION : type, errorCode, length)) deliverException(c);
  if (c.fault !== FAULT_STOP) c.fault = FAULT_NONE;
}
