import { EXIT_REASONS, lo32 } from "@hvdiff/spec";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const VECTOR = 20;
const CR0_PE = 1;
const LINEAR_VALID = 1 << 7;

// Where things lie in the virtualization-exception information area.
const BUSY = 4;
const QUALIFICATION = 8;
const LINEAR = 16;
const PHYSICAL = 24;
const EPTP_INDEX = 32;

/**
 * Raises #VE in L2 instead of giving L1 a violation of EPT12, under the conditions of silicon (SDM 3C "Virtualization Exceptions").
 * @param qualification that of the exit
 * @returns false where the exit is due
 */
export function raiseVirtualizationException(vcpu: VmxVcpu, qualification: number): boolean {
  const { state, v02, guestCpu } = vcpu;
  const { vmcs12 } = vcpu.handlers;
  if ((activeSecondary(vmcs12) & C.PROC2_EPT_VIOLATION_VE) === 0 || !vcpu.ept12Walk.isConvertible) return false;
  if ((v02.lo(F.guestCr0) & CR0_PE) === 0 || state.reinject !== null) return false;
  const area = Number(vmcs12.read("virtualizationExceptionInformationAddress"));
  if (guestCpu.read32(area + BUSY) !== 0) return false;
  const linear = (qualification & LINEAR_VALID) !== 0 ? v02.read("guestLinearAddress") : 0n;
  guestCpu.write32(area, EXIT_REASONS.EPT_VIOLATION.number);
  guestCpu.write32(area + BUSY, -1);
  guestCpu.writePhysical64(area + QUALIFICATION, BigInt(qualification));
  guestCpu.writePhysical64(area + LINEAR, linear);
  guestCpu.writePhysical64(area + PHYSICAL, v02.read("guestPhysicalAddress"));
  const behind = guestCpu.read32(area + EPTP_INDEX) & ~0xffff;
  guestCpu.write32(area + EPTP_INDEX, behind | (lo32(vmcs12.read("eptpIndex")) & 0xffff));
  state.owed = { vector: VECTOR, errorCode: -1, low: 0, high: 0 };
  return true;
}
