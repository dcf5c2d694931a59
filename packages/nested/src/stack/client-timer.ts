import type { ClientInstructions } from "./client-instructions.ts";

const TSC = 0x10;
const APIC_BASE = 0x1b;
const TSC_DEADLINE = 0x6e0;
const X2APIC = { eoi: 0x80b, spurious: 0x80f, timer: 0x832, selfIpi: 0x83f };
const ENABLE_X2APIC = 0xc00;
const ENABLED = 0x1ff;
const TSC_DEADLINE_MODE = 2 << 17;
/** Vector of the interrupts that a client sends itself, by its timer or at once. */
const VECTOR = 0xef;
const FOUR_GIB = 0x1_0000_0000;

/** The local APIC that the one below offers, as a client uses it: a timer that brings it back, and interrupts to itself. */
export class ClientTimer {
  private readonly instructions: ClientInstructions;
  /** What the TSC is ahead of the guest's time. */
  private offset = 0;
  private armed = Number.POSITIVE_INFINITY;

  constructor(instructions: ClientInstructions) {
    this.instructions = instructions;
  }

  start(): void {
    const base = this.instructions.execute("rdmsr", { rcx: [APIC_BASE, 0] });
    this.write(APIC_BASE, base.rax[0] | ENABLE_X2APIC, base.rdx[0]);
    this.write(X2APIC.spurious, ENABLED);
    this.write(X2APIC.timer, TSC_DEADLINE_MODE | VECTOR);
  }

  /** The timer shall fire at a tick of the guest's time; infinity: never. */
  arm(deadline: number, now = 0): void {
    if (deadline === this.armed) return;
    this.armed = deadline;
    if (deadline === Number.POSITIVE_INFINITY) {
      this.write(TSC_DEADLINE, 0);
      return;
    }
    const tsc = this.instructions.execute("rdmsr", { rcx: [TSC, 0] });
    this.offset = (tsc.rax[0] >>> 0) + (tsc.rdx[0] >>> 0) * FOUR_GIB - now;
    const at = deadline + this.offset;
    this.write(TSC_DEADLINE, at | 0, Math.floor(at / FOUR_GIB));
  }

  /** The interrupt has been acknowledged by the VM exit. */
  acknowledge(): void {
    this.armed = Number.POSITIVE_INFINITY;
    this.write(X2APIC.eoi, 0);
  }

  interruptSelf(): void {
    this.write(X2APIC.selfIpi, VECTOR);
  }

  /** STI and HLT, until an interrupt comes. */
  wait(): void {
    this.instructions.execute("halt");
    this.acknowledge();
  }

  private write(msr: number, low: number, high = 0): void {
    this.instructions.execute("wrmsr", { rcx: [msr, 0], rax: [low, 0], rdx: [high, 0] });
  }
}
