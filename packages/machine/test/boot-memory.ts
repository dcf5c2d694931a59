import type { BootPlan } from "../src/loaders/boot-plan.ts";

/** Guest memory as a boot plan fills it, for looking at what a kernel would see. */
export class BootMemory {
  private readonly plan: BootPlan;

  /** @param plan what was planned */
  constructor(plan: BootPlan) {
    this.plan = plan;
  }

  u8(address: number): number {
    for (const { address: from, data, size } of [...this.plan.pieces].reverse())
      if (address >= from && address < from + size) return data[address - from] ?? 0;
    return 0xff;
  }

  u16(address: number): number {
    return this.u8(address) + this.u8(address + 1) * 0x100;
  }

  u32(address: number): number {
    return this.u16(address) + this.u16(address + 2) * 0x10000;
  }

  u64(address: number): number {
    return this.u32(address) + this.u32(address + 4) * 0x1_0000_0000;
  }

  bytes(address: number, length: number): number[] {
    return Array.from({ length }, (_, index) => this.u8(address + index));
  }

  /** A NUL-terminated text. */
  text(address: number): string {
    let text = "";
    for (let at = address; this.u8(at) !== 0 && text.length < 100_000; at++) text += String.fromCharCode(this.u8(at));
    return text;
  }
}
