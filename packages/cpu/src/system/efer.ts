import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { CR0, EFER, TLB_CONTEXT } from "../state-layout.ts";
import {
  CR0_PG,
  EFER_FFXSR,
  EFER_LMA,
  EFER_LME,
  EFER_LMSLE,
  EFER_NXE,
  EFER_SCE,
  EFER_SVME,
  EFER_TCE,
} from "./control-bits.ts";
import { hasFeature } from "./features.ts";
import { msrWord } from "./msr-storage.ts";

const VM_CR = msrWord(MSRS.VM_CR.address)!;
const SVMDIS = 1 << 4;
const SVME = BigInt(EFER_SVME);
const LMSLE = BigInt(EFER_LMSLE);

/** EFER bits that the silicon supports. */
export function supportedEfer(c: Pick<Processor, "model">): number {
  let mask = 0;
  if (hasFeature(c, "syscall")) mask |= EFER_SCE;
  if (hasFeature(c, "lm")) mask |= EFER_LME | EFER_LMA;
  if (hasFeature(c, "nx")) mask |= EFER_NXE;
  if (hasFeature(c, "svm")) mask |= EFER_SVME;
  if (hasFeature(c, "svm") && !hasFeature(c, "no-efer-lmsle")) mask |= EFER_LMSLE;
  if (hasFeature(c, "fxsr-opt") && c.model.vendor === "amd") mask |= EFER_FFXSR;
  if (hasFeature(c, "tce")) mask |= EFER_TCE;
  return mask;
}

export function readEfer(c: Processor): bigint {
  return BigInt(c.s[EFER]!);
}

/** LMA is not for software to write; LME is fixed while paging is on (SDM 3A "Extended Feature Enable Register"). */
export function writeEfer(c: Processor, value: bigint): boolean {
  if ((value & ~BigInt(supportedEfer(c))) !== 0n) return false;
  if ((value & SVME) !== 0n && (c.s[VM_CR]! & SVMDIS) !== 0) return false;
  if ((value & LMSLE) !== 0n) {
    c.stopUnimplemented("EFER.LMSLE: segment limits in 64-bit mode", new Uint8Array());
    return false;
  }
  const old = c.s[EFER]!;
  const wanted = (Number(value) & ~EFER_LMA) | (old & EFER_LMA);
  const changed = old ^ wanted;
  if ((changed & EFER_LME) !== 0 && (c.s[CR0]! & CR0_PG) !== 0) return false;
  c.s[EFER] = wanted;
  if ((changed & EFER_NXE) !== 0) c.mmu.flushContext(c.s[TLB_CONTEXT]!);
  c.translationChanged();
  return true;
}
