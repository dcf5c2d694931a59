import { ACCESS_READ, ACCESS_WRITE, type Op, STAGE2_EXIT, STATE } from "@hvdiff/cpu";
import { joinAddress } from "../address.ts";
import * as C from "../control-bits.ts";
import type { SvmCore } from "../core.ts";
import * as W from "../state.ts";
import { generalProtection } from "./permission.ts";

/** `vmcbOperand` has raised a fault or made an exit. */
export const NO_VMCB = -1;

/** rAX as the instruction's address size cuts it, if it is the address of a page that the processor can have; else #GP(0). */
export function vmcbOperand(core: SvmCore, op: Op): number {
  const { s, capabilities } = core;
  const size = op.instruction.addressSize;
  const low = size === 16 ? s[STATE.GPR]! & 0xffff : s[STATE.GPR]!;
  const address = joinAddress(low, size === 64 ? s[STATE.GPR + 1]! : 0);
  if (address % 4096 === 0 && address < capabilities.addressLimit) return address;
  generalProtection(core);
  return NO_VMCB;
}

/** The same for VMLOAD and VMSAVE of a guest that has them virtualized: the address is the guest's (APM 2 "VMSAVE and VMLOAD Virtualization"). */
export function translatedOperand(core: SvmCore, op: Op, writes: boolean): number {
  const { c, s } = core;
  const address = vmcbOperand(core, op);
  if (address === NO_VMCB || (s[W.EXTENSIONS]! & C.VIRTUAL_VMLOAD_VMSAVE) === 0) return address;
  if (c.secondStage === null) return address;
  c.mmu.linear.valid = false;
  const host = c.secondStage.translate(address, writes ? ACCESS_WRITE : ACCESS_READ, false, c.mmu.linear);
  return host === STAGE2_EXIT ? NO_VMCB : host;
}
