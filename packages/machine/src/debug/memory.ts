import { HIDDEN, type PhysicalTranslation, peekByte, peekLinear } from "@hvdiff/cpu";
import type { Machine } from "../machine.ts";
import { linearAddress } from "./breakpoints.ts";

const PAGE = 4096;

/** How physical addresses of the level that a processor runs at lead to host-physical memory, for onlookers. */
function physicalOf(machine: Machine, vcpu: number): PhysicalTranslation {
  const { client } = machine;
  const { extension } = machine.processors[vcpu]!;
  return client === null
    ? (address) => extension?.peekPhysical?.(address) ?? address
    : (address) => client.peekPhysical(vcpu, address);
}

/** Host-physical address behind a linear one of the running level; `HIDDEN` where its paging structures, or EPT, map nothing. */
function hostAddressOf(machine: Machine, vcpu: number, address: bigint): number {
  const toHost = physicalOf(machine, vcpu);
  const { low, high } = linearAddress(address);
  const physical = peekLinear(machine.processors[vcpu]!, low, high, toHost);
  return physical === HIDDEN ? HIDDEN : toHost(physical);
}

/** Runs of the range that lie in one page each. */
function* pieces(address: bigint, length: number): Generator<readonly [address: bigint, offset: number, size: number]> {
  for (let offset = 0; offset < length; ) {
    const at = BigInt.asUintN(64, address + BigInt(offset));
    const size = Math.min(length - offset, PAGE - Number(at & 0xfffn));
    yield [at, offset, size];
    offset += size;
  }
}

/**
 * Linear memory as the level that a processor runs at sees it, through its own page tables and what lies under them. Touches nothing: no
 * accessed flag, no TLB entry, no fault. Shorter than asked where the range leaves what is mapped, or meets a device.
 */
export function readLinear(machine: Machine, vcpu: number, address: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [at, offset, size] of pieces(address, length)) {
    const host = hostAddressOf(machine, vcpu, at);
    for (let n = 0; n < size; n++) {
      const byte = host === HIDDEN ? HIDDEN : peekByte(machine.memory, host + n);
      if (byte === HIDDEN) return bytes.subarray(0, offset + n);
      bytes[offset + n] = byte;
    }
  }
  return bytes;
}

/** Writes linear memory in the same way, write protection or not. False, with nothing written, where not all of the range is RAM. */
export function writeLinear(machine: Machine, vcpu: number, address: bigint, data: Uint8Array): boolean {
  const targets = [...pieces(address, data.length)].map(([at, offset, size]) => ({
    host: hostAddressOf(machine, vcpu, at),
    data: data.subarray(offset, offset + size),
  }));
  if (!targets.every(({ host }) => host !== HIDDEN && machine.memory.isRam(Math.floor(host / PAGE)))) return false;
  for (const target of targets) machine.memory.writeBytes(target.host, target.data);
  return true;
}
