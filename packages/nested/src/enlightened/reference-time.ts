import { TICKS_PER_MICROSECOND } from "@hvdiff/machine";
import { u64 } from "@hvdiff/spec";
import { storageOf } from "../guest-registers.ts";
import { hostAddress, isGuestRam } from "../host-layout.ts";
import type { OfferedMsrs } from "../offered-msrs.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";

/*
 * The partition reference time: a counter of 100 ns, as an MSR and as a page that tells how to make it from the time stamp (Hypervisor
 * Top-Level Functional Specification, "Timers").
 */

const COUNTER = 0x4000_0020;
const PAGE_MSR = 0x4000_0021;
const ENABLE = 1n;
/** Ticks of a unit of the counter. */
export const TICKS_PER_UNIT = TICKS_PER_MICROSECOND / 10;
const SCALE = (1n << 64n) / BigInt(TICKS_PER_UNIT);
const SEQUENCE = 1;
const TSC_ADJUST = storageOf("IA32_TSC_ADJUST");

/** The reference counter. */
export function referenceTime({ silicon }: VmxVcpu): number {
  return Math.floor(silicon.retired / TICKS_PER_UNIT);
}

/** The same as the page tells it. */
function referenceTimeByPage({ silicon, guestCpu }: VmxVcpu): bigint {
  const { s } = guestCpu.file;
  const adjust = u64(s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!);
  const stamp = BigInt.asUintN(64, BigInt(silicon.retired) + adjust);
  return ((stamp * SCALE) >> 64n) + offsetOf(adjust);
}

function offsetOf(adjust: bigint): bigint {
  return -((adjust * SCALE) >> 64n);
}

function read(vcpu: VmxVcpu, msr: number): bigint | null {
  const { l0 } = vcpu;
  if (!l0.options.policy.enlightened.referenceTime) return null;
  const { referenceTsc } = l0.state.synthetic;
  if (msr === PAGE_MSR) return referenceTsc;
  if (msr !== COUNTER) return null;
  return (referenceTsc & ENABLE) === 0n ? BigInt(referenceTime(vcpu)) : referenceTimeByPage(vcpu);
}

/** Sequence, scale, offset. */
function write(vcpu: VmxVcpu, msr: number, value: bigint): boolean {
  const { l0, guestCpu } = vcpu;
  if (msr === COUNTER) return false;
  l0.state.synthetic.referenceTsc = value;
  const address = Number(value & ~0xfffn);
  if ((value & ENABLE) === 0n || !isGuestRam(address, l0.options.ram)) return true;
  const { memory } = l0.machine;
  const page = hostAddress(address, l0.options.ram);
  const { s } = guestCpu.file;
  const offset = BigInt.asUintN(64, offsetOf(u64(s[TSC_ADJUST]!, s[TSC_ADJUST + 1]!)));
  memory.write32(page, SEQUENCE);
  [SCALE, offset].forEach((word, at) => {
    memory.write32(page + 8 + at * 8, Number(word & 0xffff_ffffn) | 0);
    memory.write32(page + 12 + at * 8, Number(word >> 32n) | 0);
  });
  return true;
}

export const REFERENCE_TIME_MSRS: OfferedMsrs = { read, write };
