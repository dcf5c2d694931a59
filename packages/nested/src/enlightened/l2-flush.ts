import { STATE } from "@hvdiff/cpu";
import { VP_ASSIST_OFFSETS } from "@hvdiff/spec";
import { F } from "../fields.ts";
import { skipInstruction } from "../guest-instructions.ts";
import { hostAddress, isGuestRam } from "../host-layout.ts";
import { setGeneralRegister } from "../instruction-operand.ts";
import type { VmxVcpu } from "../vmx-vcpu.ts";
import { EvmcsPage } from "./evmcs-page.ts";
import { pageOf } from "./synthetic-msrs.ts";

/*
 * Direct virtual flush: hypercalls of L2 that flush its TLB, which L0 does for it where L1 has asked for that (Hypervisor Top-Level Functional
 * Specification, "Nested Virtualization").
 */

/** HvCallFlushVirtualAddressSpace and …List, and both again with a set of processors. */
const FLUSH_CODES: readonly number[] = [0x0002, 0x0003, 0x0013, 0x0014];
const FLUSH_LISTS: readonly number[] = [0x0003, 0x0014];
const DIRECT_HYPERCALL = 1;
const NESTED_FLUSH_HYPERCALL = 1;
const CODE_64 = 1 << 13;
const RAX = 0;
const RCX = STATE.GPR + 2;
const REPETITIONS = 0xfff;

/** The exit that L1 gets after a flush if it holds the lock of L2's TLB. */
export const TRAP_AFTER_FLUSH = 0x1000_0031;

function activePage({ state, l0 }: VmxVcpu): EvmcsPage | null {
  const { active } = state.enlightened;
  return active === -1 ? null : new EvmcsPage(l0.machine.memory, hostAddress(active, l0.options.ram));
}

function asksForDirectFlush(vcpu: VmxVcpu): boolean {
  const assist = pageOf(vcpu, vcpu.state.enlightened.assist);
  if (assist < 0) return false;
  const features = vcpu.l0.machine.memory.read32(assist + VP_ASSIST_OFFSETS.nestedFeatures);
  const control = activePage(vcpu)?.enlightenmentsControl ?? 0;
  return (features & DIRECT_HYPERCALL) !== 0 && (control & NESTED_FLUSH_HYPERCALL) !== 0;
}

/** Whether the VMCALL of L2 that has exited is a flush that is L0's to do. */
export function isFlushForL0(vcpu: VmxVcpu): boolean {
  if (!vcpu.l0.options.policy.enlightened.flushesForL2) return false;
  const in64BitMode = (vcpu.v02.lo(F.guestCsAccessRights) & CODE_64) !== 0;
  return in64BitMode && FLUSH_CODES.includes(vcpu.silicon.s[RCX]! & 0xffff) && asksForDirectFlush(vcpu);
}

function isTlbLocked(vcpu: VmxVcpu): boolean {
  const page = activePage(vcpu)!.partitionAssistPage;
  const { ram } = vcpu.l0.options;
  return isGuestRam(page, ram) && vcpu.l0.machine.memory.read32(hostAddress(page, ram)) !== 0;
}

/**
 * Flushes for L2, on all virtual processors that run an enlightened VMCS: more than a call may ask for.
 * @returns whether L1 is to be told
 */
export function flushForL2(vcpu: VmxVcpu): boolean {
  const { s } = vcpu.silicon;
  vcpu.l0.count("flushes.direct");
  for (const each of vcpu.l0.vcpus) if (each.state.enlightened.active !== -1) each.forgetTranslations(true);
  const isList = FLUSH_LISTS.includes(s[RCX]! & 0xffff);
  const done = isList ? BigInt(s[RCX + 1]! & REPETITIONS) : 0n;
  setGeneralRegister(vcpu.silicon, vcpu.v02, RAX, done << 32n);
  skipInstruction(vcpu);
  return isTlbLocked(vcpu);
}
