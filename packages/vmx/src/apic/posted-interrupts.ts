import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { VmxCore } from "../core.ts";
import * as F from "../fields.ts";
import * as W from "../state.ts";
import { addVectors, VIRR } from "./virtual-apic-page.ts";
import { requestVirtualInterrupts } from "./virtual-interrupts.ts";

const PARTS = 8;
/** Byte of the descriptor with the outstanding-notification bit. */
const CONTROL_BYTE = 32;
const OUTSTANDING_NOTIFICATION = 1;

/** Moves what is posted in the descriptor into VIRR. Returns the highest vector, 0 without one. */
function takePosted(core: VmxCore, descriptor: number): number {
  const { memory } = core.c;
  let highest = 0;
  for (let part = 0; part < PARTS; part++) {
    const bits = memory.read32(descriptor + part * 4);
    if (bits === 0) continue;
    memory.write32(descriptor + part * 4, 0);
    addVectors(core, VIRR, part, bits);
    highest = part * 32 + 31 - Math.clz32(bits);
  }
  return highest;
}

/**
 * Posted-interrupt processing of an external interrupt that has been acknowledged (SDM 3C "Posted-Interrupt Processing"). False when the
 * interrupt is no notification, so that a VM exit is due.
 */
export function processPostedInterrupts(core: VmxCore, vector: number): boolean {
  const { c, s, vmcs } = core;
  if ((s[W.PIN]! & C.PROCESS_POSTED_INTERRUPTS) === 0) return false;
  if (vector !== (vmcs.lo(F.POSTED_INTERRUPT_NOTIFICATION_VECTOR) & 0xff)) return false;
  const field = F.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS;
  const descriptor = joinAddress(vmcs.lo(field), vmcs.hi(field));
  const control = c.memory.read8(descriptor + CONTROL_BYTE);
  c.memory.write8(descriptor + CONTROL_BYTE, control & ~OUTSTANDING_NOTIFICATION);
  c.apic.endOfInterrupt();
  requestVirtualInterrupts(core, takePosted(core, descriptor));
  return true;
}
