import { VMCS_FIELD_NAMES } from "@hvdiff/spec";
import type { MemoryVmcs } from "@hvdiff/vmx";
import { copyKind, noteCopy } from "./accounting.ts";
import * as C from "./controls.ts";
import { CopyPlans } from "./copy-plans.ts";
import { F } from "./fields.ts";
import { hostAddress, PAGE } from "./host-layout.ts";
import { bitmapWhereAllExit, encodingsOf, openEncoding, type ShadowPages, takeShadowPages } from "./shadow-pages.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/*
 * VMCS shadowing, virtualized: vmcs02 shadows too, so that silicon does the VMREADs and VMWRITEs of L2 that L1 leaves to the processor. What
 * L1 offers its guest as a shadow VMCS (shadow vmcs12) stands in a shadow VMCS of L0's (shadow vmcs02) while L2 runs.
 */

/** Plain data: cloned, hashed and compared as it is. */
export interface ShadowVmcs02State extends ShadowPages {
  /** L1-physical address of the shadow VMCS that it stands for; -1 for none. */
  standsFor: number;
}

export function createShadowVmcs02State(): ShadowVmcs02State {
  return { page: 0, readBitmap: 0, writeBitmap: 0, standsFor: -1 };
}

const INTO = copyKind("shadow-vmcs12", "shadow-vmcs02");
const BACK = copyKind("shadow-vmcs02", "shadow-vmcs12");
const ALL = VMCS_FIELD_NAMES.map((name) => F[name]);
const intoPlan = new CopyPlans(ALL, "keep");
const backPlan = new CopyPlans(ALL, "keep");

/** What exits: what L1 wants, and every encoding that is not a field of silicon's and of L1's processor alike. */
function bitmapFor(vcpu: VmxVcpu, wanted: Uint8Array): Uint8Array {
  const bitmap = bitmapWhereAllExit();
  const { fieldExists: onSilicon } = vcpu.vmx.capabilities;
  const { fieldExists: shown } = vcpu.l0.capabilities;
  for (const name of VMCS_FIELD_NAMES) {
    const index = F[name];
    if (onSilicon[index] === 0 || shown[index] === 0) continue;
    for (const encoding of encodingsOf(name))
      if (((wanted[encoding >>> 3]! >>> (encoding & 7)) & 1) === 0) openEncoding(bitmap, encoding);
  }
  return bitmap;
}

function writeBitmap(vcpu: VmxVcpu, v12: MemoryVmcs, name: "vmreadBitmap" | "vmwriteBitmap", page: number): void {
  const { memory } = vcpu.l0.machine;
  const wanted = memory.readBytes(hostAddress(Number(v12.read(name)), vcpu.l0.options.ram), PAGE);
  memory.writeBytes(page, bitmapFor(vcpu, wanted));
  vcpu.v02.write(name, BigInt(page));
}

/** L2 is about to run on the shadow VMCS that L1 has linked: vmcs02 shadows, if this L0 does so and silicon can. */
export function linkShadow02(vcpu: VmxVcpu, v12: MemoryVmcs): void {
  const { v02, state, vmx, environment } = vcpu;
  const { shadow02, shadowPointer } = state;
  const canShadow = (vmx.capabilities.controls.secondary.allowed & C.PROC2_VMCS_SHADOWING) !== 0;
  if (!vcpu.l0.options.mechanisms.virtualizesShadowing || !canShadow || shadowPointer === -1) return;
  if (shadow02.page === 0) takeShadowPages(vcpu, shadow02);
  writeBitmap(vcpu, v12, "vmreadBitmap", shadow02.readBitmap);
  writeBitmap(vcpu, v12, "vmwriteBitmap", shadow02.writeBitmap);
  shadow02.standsFor = shadowPointer;
  noteCopy(
    vcpu,
    INTO,
    intoPlan.copy(environment.shadowAt(shadowPointer)!, vmx.vmcsAt(shadow02.page)!),
    "L2 is entered",
  );
  v02.write("vmcsLinkPointer", BigInt(shadow02.page));
  const secondary = v02.lo(F.secondaryProcessorBasedControls);
  v02.set(F.secondaryProcessorBasedControls, secondary | C.PROC2_VMCS_SHADOWING, 0);
}

/** L1 is about to run again: what L2 has written goes back. */
export function collectShadow02(vcpu: VmxVcpu): void {
  const { state, vmx, environment } = vcpu;
  const { shadow02 } = state;
  if (shadow02.standsFor === -1) return;
  const to = environment.shadowAt(shadow02.standsFor)!;
  noteCopy(vcpu, BACK, backPlan.copy(vmx.vmcsAt(shadow02.page)!, to), "L2 exits to L1");
  shadow02.standsFor = -1;
}
