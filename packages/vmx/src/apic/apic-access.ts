import { ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE, APIC_ACCESS_EXIT, APIC_ACCESS_WALK, STATE } from "@hvdiff/cpu";
import { exitReasonNumber } from "@hvdiff/spec";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import { makeExit } from "../exit/exit.ts";
import { RF_SET } from "../exit/information.ts";
import * as W from "../state.ts";
import { READ_OFFSETS, WRITE_OFFSETS } from "./access-offsets-table.ts";
import { virtualApicPage } from "./virtual-apic-page.ts";

/*
 * Accesses to the APIC-access page (SDM 3C "Virtualizing Memory-Mapped APIC Accesses").
 */

const APIC_ACCESS = exitReasonNumber("APIC_ACCESS");
const WIDEST = 4;

// Access types in bits 15:12 of the qualification.
const LINEAR_DURING_DELIVERY = 3;
const PHYSICAL_DURING_DELIVERY = 10;
const PHYSICAL_BY_INSTRUCTION = 15;

function isVirtualized({ s }: VmxCore, offsets: typeof READ_OFFSETS, register: number): boolean {
  const secondary = s[W.SECONDARY]!;
  if (offsets.always.has(register)) return true;
  if ((secondary & C.VIRTUAL_INTERRUPT_DELIVERY) !== 0 && offsets.withDelivery.has(register)) return true;
  return (secondary & C.APIC_REGISTER_VIRTUALIZATION) !== 0 && offsets.withRegisters.has(register);
}

function goesThrough(core: VmxCore, offset: number, size: number, access: number): boolean {
  if ((core.s[W.PRIMARY]! & C.USE_TPR_SHADOW) === 0 || (offset & 15) + size > WIDEST) return false;
  if (access === ACCESS_READ) return isVirtualized(core, READ_OFFSETS, offset & 0xff0);
  return access === ACCESS_WRITE && isVirtualized(core, WRITE_OFFSETS, offset & 0xff0);
}

function accessType(access: number, delivers: boolean): number {
  if (access === APIC_ACCESS_WALK) return delivers ? PHYSICAL_DURING_DELIVERY : PHYSICAL_BY_INSTRUCTION;
  if (access === ACCESS_FETCH) return ACCESS_FETCH;
  return delivers ? LINEAR_DURING_DELIVERY : access;
}

/** Length of the instruction that runs; 0 where none does. */
function runningLength({ c, s }: VmxCore): number {
  const low = s[STATE.RIP];
  return c.blockOps.find((op) => op.ripLow === low)?.instruction.length ?? 0;
}

/**
 * An access of `size` bytes at an offset of the page. Returns the address in the virtual-APIC page that it goes to, or `APIC_ACCESS_EXIT`
 * after a VM exit.
 */
export function apicAccess(core: VmxCore, offset: number, size: number, access: number): number {
  if (goesThrough(core, offset, size, access)) return virtualApicPage(core) + offset;
  const delivers = core.c.delivering !== null;
  const information = core.information.begin(APIC_ACCESS);
  information.qualify(offset | (accessType(access, delivers) << 12), 0);
  information.resumeFlag = RF_SET;
  if (!delivers && access !== ACCESS_FETCH) information.instructionLength = runningLength(core);
  makeExit(core);
  return APIC_ACCESS_EXIT;
}
