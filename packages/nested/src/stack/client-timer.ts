import { HOST_TIMER_VECTOR } from "@hvdiff/machine";
import { MSRS } from "@hvdiff/spec";
import type { ClientInstructions } from "./client-instructions.ts";
import { INSTRUCTIONS_TO_GATE } from "./client-page.ts";

const ENABLE_X2APIC = 0xc00;
const ENABLED = 0x1ff;
const TSC_DEADLINE_MODE = 2 << 17;
const FOUR_GIB = 0x1_0000_0000;

/** The local APIC that the one below offers, as a client uses it: a timer that brings it back, and interrupts to itself. */
export class ClientTimer {
  private readonly instructions: ClientInstructions;
  private armed = Number.POSITIVE_INFINITY;

  constructor(instructions: ClientInstructions) {
    this.instructions = instructions;
  }

  start(): void {
    const base = this.instructions.execute("rdmsr", { rcx: [MSRS.IA32_APIC_BASE.address, 0] });
    this.write(MSRS.IA32_APIC_BASE.address, base.rax[0] | ENABLE_X2APIC, base.rdx[0]);
    this.write(MSRS.IA32_X2APIC_SIVR.address, ENABLED);
    this.write(MSRS.IA32_X2APIC_LVT_TIMER.address, TSC_DEADLINE_MODE | HOST_TIMER_VECTOR);
  }

  /** The timer shall fire at a tick of the guest's time; infinity: never. */
  arm(deadline: number): void {
    if (deadline === this.armed) return;
    this.armed = deadline;
    const at = deadline === Number.POSITIVE_INFINITY ? 0 : deadline + this.tscAhead();
    this.write(MSRS.IA32_TSC_DEADLINE.address, at | 0, Math.floor(at / FOUR_GIB));
  }

  /** How many ticks the TSC is ahead of the guest's time. */
  private tscAhead(): number {
    const { rax, rdx } = this.instructions.execute("rdmsr", { rcx: [MSRS.IA32_TIME_STAMP_COUNTER.address, 0] });
    return (rax[0] >>> 0) + (rdx[0] >>> 0) * FOUR_GIB - (this.instructions.time - INSTRUCTIONS_TO_GATE);
  }

  /** The interrupt has been acknowledged by the VM exit. */
  acknowledge(): void {
    this.armed = Number.POSITIVE_INFINITY;
    this.write(MSRS.IA32_X2APIC_EOI.address, 0);
  }

  interruptSelf(): void {
    this.write(MSRS.IA32_X2APIC_SELF_IPI.address, HOST_TIMER_VECTOR);
  }

  /** STI and HLT, until an interrupt comes: time passes for the guest. */
  wait(): void {
    this.instructions.executeInTime("halt");
    this.acknowledge();
  }

  private write(msr: number, low: number, high = 0): void {
    this.instructions.execute("wrmsr", { rcx: [msr, 0], rax: [low, 0], rdx: [high, 0] });
  }
}
