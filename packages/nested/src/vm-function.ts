import { STATE } from "@hvdiff/cpu";
import { EXIT_REASONS } from "@hvdiff/spec";
import { vmfunc } from "@hvdiff/vmx";
import { activeSecondary } from "./active-secondary.ts";
import * as C from "./controls.ts";
import { useEptOfL1 } from "./ept02.ts";
import { F } from "./fields.ts";
import { skipInstruction } from "./guest-instructions.ts";
import { exitToL1 } from "./nested-exit.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const RAX = STATE.GPR;
const RCX = STATE.GPR + 2;

/** VMFUNC of L2, which vmcs02 makes an exit: L0 switches EPT12, where L1 lets L2 do that (SDM 3C "VM Functions"). */
export function emulateVmFunction(vcpu: VmxVcpu): void {
  const { guestCpu, silicon, l0 } = vcpu;
  const { vmcs12 } = vcpu.handlers;
  const list = Number(vmcs12.read("eptpListAddress"));
  const context = {
    capabilities: l0.capabilities,
    vmcs: vmcs12,
    readEptpList: (word: number) => guestCpu.read32(list + word * 4),
  };
  const outcome = vmfunc(context, silicon.s[RAX]!, silicon.s[RCX]!);
  if (outcome.kind !== "succeed") {
    exitToL1(vcpu, EXIT_REASONS.VMFUNC.number);
    return;
  }
  if ((activeSecondary(vmcs12) & C.PROC2_EPT_VIOLATION_VE) !== 0) vmcs12.set(F.eptpIndex, silicon.s[RCX]!, 0);
  useEptOfL1(vcpu, vmcs12);
  skipInstruction(vcpu);
}
