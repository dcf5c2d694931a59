import type { MemoryVmcs } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { usesEpt } from "./ept-exits.ts";
import { eptPointerFor } from "./ept-tables.ts";
import { F } from "./fields.ts";
import { dropShadows, knownShadow, shadowFor } from "./shadow-ept.ts";
import { forgetEpt } from "./silicon-tlb.ts";
import { hasOtherSubPages, subPageTableFor } from "./sub-pages.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

const ACCESSED_DIRTY = 1n << 6n;

/** What vmcs02 says about the second stage of L2. */
export interface SecondStage02 {
  readonly eptp: number;
  /** Host-physical address of the sub-page permission table; 0 for none. */
  readonly subPages: number;
}

/**
 * What the shadow lets L2 write stands for dirty flags of EPT12. An entry without VPID forgets translations, so a page whose flag L1 has
 * cleared has to be logged again.
 */
function isStale(vcpu: VmxVcpu, v12: MemoryVmcs, eptp12: bigint): boolean {
  const secondary = v12.lo(F.secondaryProcessorBasedControls);
  const logsAgain = (secondary & C.PROC2_PML) !== 0 && (secondary & C.PROC2_VPID) === 0;
  return logsAgain || hasOtherSubPages(v12, knownShadow(vcpu.state.shadows, eptp12));
}

/** The second stage that vmcs02 needs for an entry with vmcs12: the shadow of EPT12, or L1's own. */
export function secondStage02(vcpu: VmxVcpu, v12: MemoryVmcs): SecondStage02 {
  const { machine, state: shared } = vcpu.l0;
  if (!usesEpt(v12)) return { eptp: eptPointerFor(shared.tables01), subPages: 0 };
  const { shadows } = vcpu.state;
  const eptp12 = v12.read("eptPointer");
  if (isStale(vcpu, v12, eptp12)) {
    dropShadows(machine.memory, shared.pool, shadows, eptp12);
    forgetEpt(vcpu);
  }
  const shadow = shadowFor(machine.memory, shared.pool, shadows, eptp12);
  return {
    eptp: eptPointerFor(shadow.root, (eptp12 & ACCESSED_DIRTY) !== 0n),
    subPages: subPageTableFor(vcpu, v12, shadow),
  };
}

export function useSecondStage(v02: MemoryVmcs, { eptp, subPages }: SecondStage02): void {
  v02.set(F.eptPointer, eptp | 0, Math.floor(eptp / 2 ** 32));
  if (subPages !== 0) v02.write("subPagePermissionTablePointer", BigInt(subPages));
}

/** Forgets all shadows, whoever runs. */
export function dropAllShadows(vcpu: VmxVcpu): void {
  const { state, l0, environment } = vcpu;
  dropShadows(l0.machine.memory, l0.state.pool, state.shadows, null);
  if (state.guestMode) useEptOfL1(vcpu, environment.currentVmcs()!);
}

/** L2 goes on with another EPT12. */
export function useEptOfL1(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  useSecondStage(vcpu.v02, secondStage02(vcpu, v12));
}
