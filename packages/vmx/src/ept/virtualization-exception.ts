import { STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import { addressHigh, joinAddress, lowHalf } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";

const VECTOR = 20;
const CR0_PE = 1;
const EPT_VIOLATION = exitReasonNumber("EPT_VIOLATION");

// Where things lie in the virtualization-exception information area.
const BUSY = 4;
const QUALIFICATION = 8;
const LINEAR = 16;
const PHYSICAL = 24;
const EPTP_INDEX = 32;

/** What an EPT violation that becomes an exception reports. */
export interface ConvertibleViolation {
  readonly qualification: number;
  readonly gpa: number;
  readonly linearLow: number;
  readonly linearHigh: number;
}

function informationArea({ vmcs }: VmxCore): number {
  const field = F.VIRTUALIZATION_EXCEPTION_INFORMATION_ADDRESS;
  return joinAddress(vmcs.lo(field), vmcs.hi(field));
}

/**
 * Raises #VE instead of a VM exit, where the control is 1, the guest is in protected mode, delivers no event and has dealt with the last
 * one (SDM 3C "Virtualization Exceptions"). The violation has been found convertible. False where the VM exit is due.
 */
export function raiseVirtualizationException(core: VmxCore, violation: ConvertibleViolation): boolean {
  const { c, s, vmcs } = core;
  if ((s[W.SECONDARY]! & C.EPT_VIOLATION_VE) === 0) return false;
  if ((s[STATE.CR0]! & CR0_PE) === 0 || c.delivering !== null) return false;
  const area = informationArea(core);
  const { memory } = c;
  if (memory.read32(area + BUSY) !== 0) return false;
  memory.write32(area, EPT_VIOLATION);
  memory.write32(area + BUSY, -1);
  memory.write32(area + QUALIFICATION, violation.qualification);
  memory.write32(area + QUALIFICATION + 4, 0);
  memory.write32(area + LINEAR, violation.linearLow);
  memory.write32(area + LINEAR + 4, violation.linearHigh);
  memory.write32(area + PHYSICAL, lowHalf(violation.gpa));
  memory.write32(area + PHYSICAL + 4, addressHigh(violation.gpa));
  memory.write8(area + EPTP_INDEX, vmcs.lo(F.EPTP_INDEX) & 0xff);
  memory.write8(area + EPTP_INDEX + 1, vmcs.lo(F.EPTP_INDEX) >>> 8);
  c.raise(VECTOR);
  return true;
}
