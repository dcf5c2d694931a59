import { FAULT_NONE } from "@hvdiff/cpu";
import type { MemoryVmcs } from "@hvdiff/vmx";
import { F } from "./fields.ts";
import type { GuestCpu } from "./guest-cpu.ts";
import type { VmxVcpuState } from "./vmx-vcpu-state.ts";

const SHOWN_BYTES = 8;

/** Instruction bytes at the guest's RIP, as far as its page tables lead to them; L2's only where it runs on L1's own memory. */
export function instructionBytes(guest: GuestCpu, v: MemoryVmcs, state: VmxVcpuState): string {
  guest.sync(v, state);
  const { file } = guest;
  const code = file.in64BitMode ? 0 : v.lo(F.guestCsBase);
  const bytes: string[] = [];
  for (let at = 0; at < SHOWN_BYTES; at++) {
    const sum = (v.lo(F.guestRip) >>> 0) + (code >>> 0) + at;
    const byte = guest.read(sum | 0, file.in64BitMode ? v.hi(F.guestRip) : 0, 1);
    if (byte === null) break;
    bytes.push(byte.toString(16).padStart(2, "0"));
  }
  file.fault = FAULT_NONE;
  return bytes.join(" ");
}
