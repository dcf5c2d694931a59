import type { MemoryVmcs } from "@hvdiff/vmx";
import * as C from "./controls.ts";
import { trustsMsrBitmap } from "./enlightened/enlightened-vmcs.ts";
import { F } from "./fields.ts";
import type { VmxVcpu } from "./vmx-vcpu.ts";

/** What becomes of the MSR bitmap of vmcs02 at an entry. */
export interface MsrBitmapPlan {
  /** MSRs that do not exit where L1 leaves them to L2. */
  readonly passedThrough: readonly number[];
  /** The bitmap that is there is still right: L1 says that its own has not changed. */
  readonly isKept: boolean;
}

const NO_BITMAP: MsrBitmapPlan = { passedThrough: [], isKept: false };

/** Decides on the MSR bitmap of vmcs02, and counts. */
export function planMsrBitmap(vcpu: VmxVcpu, v12: MemoryVmcs): MsrBitmapPlan {
  const { state, l0 } = vcpu;
  const merges = l0.options.mechanisms.msrBitmap;
  const isAsked = (v12.lo(F.primaryProcessorBasedControls) & C.PROC_MSR_BITMAPS) !== 0;
  if (merges === null || !isAsked) return NO_BITMAP;
  const trust = trustsMsrBitmap(vcpu);
  if (merges.onlyEnlightened && trust === "not-asked") return NO_BITMAP;
  const isKept = merges.heedsEnlightenment && trust === "unchanged" && state.msrBitmapOf === state.currentPointer;
  state.msrBitmapOf = state.currentPointer;
  l0.count(isKept ? "merges.msr-bitmap.saved" : "merges.msr-bitmap");
  return { passedThrough: merges.passedThrough, isKept };
}
