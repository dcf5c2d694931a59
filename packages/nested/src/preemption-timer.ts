import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * L1's VMX-preemption timer counts at the rate that L1 is shown, silicon's at its own (IA32_VMX_MISC, SDM 3C "VMX-Preemption Timer").
 */

const MOST = 0xffff_ffff;

/** How much longer a tick of silicon's timer is than one of L1's. */
export function timerScale({ vmx, l0 }: VmxVcpu): number {
  return 2 ** (vmx.capabilities.misc.preemptionTimerRate - l0.capabilities.misc.preemptionTimerRate);
}

/** Silicon's ticks for so many of L1's: never too few. */
export function ticksOfSilicon(ticks: number, scale: number): number {
  return Math.min(Math.ceil((ticks >>> 0) / scale), MOST) | 0;
}

export function ticksOfL1(ticks: number, scale: number): number {
  return Math.min(Math.floor((ticks >>> 0) * scale), MOST) | 0;
}
