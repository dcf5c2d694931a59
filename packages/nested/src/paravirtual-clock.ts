import { TICKS_PER_MICROSECOND } from "@hvdiff/machine";
import { u64 } from "@hvdiff/spec";
import { storageOf } from "./guest-registers.ts";
import type { OfferedMsrs } from "./offered-msrs.ts";
import type { VirtualProcessor } from "./virtual-processor.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** MSRs by which a guest asks for a clock in its memory. */
export interface ParavirtualClock {
  /** Take the address where the wall-clock time of the start is written, once. */
  readonly wallClock: readonly number[];
  /** Take the address where a processor's time stamp and system time are kept; bit 0 switches that on. */
  readonly systemTime: readonly number[];
  /** Others of the same interface, which only keep what is written. */
  readonly kept: readonly number[];
}

const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");
const ENABLE = 1n;
const STABLE_FLAG = 1;
/** Nanoseconds of a tick as a 32-bit fraction of 2 to the power of the shift. */
const SHIFT = 4;
const MULTIPLIER = Math.round((1000 / TICKS_PER_MICROSECOND) * 2 ** (32 - SHIFT));

function clockOf(vcpu: VmxVcpu): ParavirtualClock | null {
  return vcpu.l0.options.policy.paravirtualClock;
}

function readClockMsr(vcpu: VmxVcpu, msr: number): bigint | null {
  const clock = clockOf(vcpu);
  if (clock === null) return null;
  if (clock.wallClock.includes(msr)) return vcpu.l0.state.wallClock;
  const isOfProcessor = clock.systemTime.includes(msr) || clock.kept.includes(msr);
  return isOfProcessor ? (vcpu.state.clockMsrs[msr] ?? 0n) : null;
}

function writeClockMsr(vcpu: VmxVcpu, msr: number, value: bigint): boolean {
  const clock = clockOf(vcpu)!;
  if (clock.wallClock.includes(msr)) {
    vcpu.l0.state.wallClock = value;
    if (value !== 0n) writeWallClock(vcpu, Number(value));
    return true;
  }
  vcpu.state.clockMsrs[msr] = value;
  if (clock.systemTime.includes(msr) && (value & ENABLE) !== 0n) writeSystemTime(vcpu, Number(value & ~ENABLE));
  return true;
}

/** Version, seconds, nanoseconds: simulated machines start at the beginning of the epoch. */
function writeWallClock({ guestCpu }: VmxVcpu, address: number): void {
  const version = (guestCpu.read32(address) | 1) + 1;
  [version, 0, 0].forEach((word, at) => {
    guestCpu.write32(address + at * 4, word);
  });
}

/** What a guest's clock says right now: time stamp, and time since the machine started. */
export function clockReading({ guestCpu, silicon }: VirtualProcessor): { stamp: bigint; nanoseconds: bigint } {
  const { s } = guestCpu.file;
  const ticks = BigInt(silicon.retired);
  const stamp = BigInt.asUintN(64, ticks + u64(s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!));
  return { stamp, nanoseconds: (ticks * 1000n) / BigInt(TICKS_PER_MICROSECOND) };
}

/** Version, padding, time stamp, system time, multiplier, shift and flags. The time stamp runs evenly, so that once is enough. */
function writeSystemTime(vcpu: VmxVcpu, address: number): void {
  const { guestCpu } = vcpu;
  const { stamp, nanoseconds } = clockReading(vcpu);
  guestCpu.write32(address, (guestCpu.read32(address) | 1) + 1);
  guestCpu.write32(address + 4, 0);
  guestCpu.writePhysical64(address + 8, stamp);
  guestCpu.writePhysical64(address + 16, nanoseconds);
  guestCpu.write32(address + 24, MULTIPLIER | 0);
  guestCpu.write32(address + 28, SHIFT | (STABLE_FLAG << 8));
}

/** The clock as MSRs that L0 offers. */
export const CLOCK_MSRS: OfferedMsrs = { read: readClockMsr, write: writeClockMsr };
