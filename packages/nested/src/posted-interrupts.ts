import * as C from "./controls.ts";
import { F } from "./fields.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const PARTS = 8;
const PART_BYTES = 4;
/** Where the descriptor has the outstanding-notification bit. */
const CONTROL = 32;
const OUTSTANDING_NOTIFICATION = 1;
/** VIRR in the virtual-APIC page, and the distance of its parts. */
const VIRR = 0x200;
const APIC_REGISTER_BYTES = 16;
const RVI = 0xff;

/** Whether L1 has posted interrupts processed while L2 runs. */
export function processesPostedInterrupts(vcpu: VmxVcpu): boolean {
  return (vcpu.handlers.vmcs12.lo(F.pinBasedControls) & C.PIN_POSTED_INTERRUPTS) !== 0;
}

/** Whether a vector is L1's notification that interrupts are posted to its L2, which runs. */
export function isNotification(vcpu: VmxVcpu, vector: number): boolean {
  return (
    vcpu.state.guestMode &&
    processesPostedInterrupts(vcpu) &&
    vector === (vcpu.handlers.vmcs12.lo(F.postedInterruptNotificationVector) & 0xff)
  );
}

/**
 * Posted-interrupt processing of an interrupt of L1's machine that has been acknowledged while L2 runs (SDM 3C "Posted-Interrupt
 * Processing"). Silicon finds what was posted in RVI at the next entry.
 * @returns false when the interrupt is no notification
 */
export function processPosted(vcpu: VmxVcpu, vector: number): boolean {
  if (vector !== (vcpu.handlers.vmcs12.lo(F.postedInterruptNotificationVector) & 0xff)) return false;
  vcpu.guestCpu.file.apic.endOfInterrupt();
  takeDescriptor(vcpu);
  return true;
}

/** What is posted goes into L2's virtual APIC, and nobody is notified of it any more. */
export function takeDescriptor({ guestCpu, v02, handlers: { vmcs12 } }: VmxVcpu): void {
  const descriptor = Number(vmcs12.read("postedInterruptDescriptorAddress"));
  const page = Number(vmcs12.read("virtualApicAddress"));
  guestCpu.write32(descriptor + CONTROL, guestCpu.read32(descriptor + CONTROL) & ~OUTSTANDING_NOTIFICATION);
  let highest = 0;
  for (let part = 0; part < PARTS; part++) {
    const bits = guestCpu.read32(descriptor + part * PART_BYTES);
    if (bits === 0) continue;
    guestCpu.write32(descriptor + part * PART_BYTES, 0);
    const register = page + VIRR + part * APIC_REGISTER_BYTES;
    guestCpu.write32(register, guestCpu.read32(register) | bits);
    highest = part * 32 + 31 - Math.clz32(bits);
  }
  const status = v02.lo(F.guestInterruptStatus);
  v02.set(F.guestInterruptStatus, (status & ~RVI) | Math.max(status & RVI, highest), 0);
}
