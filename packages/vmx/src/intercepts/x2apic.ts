import { type Op, STATE, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "@hvdiff/cpu";
import { isInterruptVector, pendApicWriteExit } from "../apic/apic-write.ts";
import { readVirtual, SELF_IPI, VEOI, VTPR, writeVirtual } from "../apic/virtual-apic-page.ts";
import {
  deliversVirtualInterrupts,
  virtualizeEoi,
  virtualizeSelfIpi,
  virtualizeTpr,
} from "../apic/virtual-interrupts.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as W from "../state.ts";

/*
 * RDMSR and WRMSR of the x2APIC range that the virtual-APIC page answers (SDM 3C "Virtualizing MSR-Based APIC Accesses").
 */

const FIRST = 0x800;
const LAST = 0x8ff;
const RAX = STATE.GPR;
const RDX = STATE.GPR + 4;
const GENERAL_PROTECTION = 13;

function isVirtual({ s }: VmxCore, index: number): boolean {
  return (s[W.SECONDARY]! & C.VIRTUALIZE_X2APIC_MODE) !== 0 && index >= FIRST && index <= LAST;
}

function offsetOf(index: number): number {
  return (index & 0xff) << 4;
}

function complete({ s }: VmxCore, op: Op): number {
  s[STATE.RIP] = op.nextLow;
  s[STATE.RIP + 1] = op.nextHigh;
  return STATUS_RETIRED;
}

/** RDMSR that the MSR bitmap lets through; `STATUS_NEXT` where it is as without virtualization. */
export function readX2apic(core: VmxCore, op: Op, index: number): number {
  const { s } = core;
  if (!isVirtual(core, index)) return STATUS_NEXT;
  const offset = offsetOf(index);
  if ((s[W.SECONDARY]! & C.APIC_REGISTER_VIRTUALIZATION) === 0 && offset !== VTPR) return STATUS_NEXT;
  s[RAX] = readVirtual(core, offset);
  s[RAX + 1] = 0;
  s[RDX] = readVirtual(core, offset + 4);
  s[RDX + 1] = 0;
  return complete(core, op);
}

/** What a write of the register sets off; undefined where it is not virtualized. */
function effectOf(core: VmxCore, offset: number): ((core: VmxCore, value: number) => void) | undefined {
  if (offset === VTPR) return virtualizeTpr;
  if (!deliversVirtualInterrupts(core)) return undefined;
  return offset === VEOI ? virtualizeEoi : offset === SELF_IPI ? sendToSelf : undefined;
}

function sendToSelf(core: VmxCore, value: number): void {
  if (isInterruptVector(value)) virtualizeSelfIpi(core, value);
  else pendApicWriteExit(core, SELF_IPI);
}

/** WRMSR that the MSR bitmap lets through; `STATUS_NEXT` where it is as without virtualization. */
export function writeX2apic(core: VmxCore, op: Op, index: number): number {
  const { c, s } = core;
  if (!isVirtual(core, index)) return STATUS_NEXT;
  const offset = offsetOf(index);
  const effect = effectOf(core, offset);
  if (effect === undefined) return STATUS_NEXT;
  const low = s[RAX]!;
  const high = s[RDX]!;
  if (high !== 0 || (low & (offset === VEOI ? -1 : ~0xff)) !== 0) {
    c.raise(GENERAL_PROTECTION, 0);
    return STATUS_ABORTED;
  }
  writeVirtual(core, offset, low);
  writeVirtual(core, offset + 4, high);
  effect(core, low);
  return complete(core, op);
}
