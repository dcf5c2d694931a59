import { MSRS, maskBits } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { EFER } from "../state-layout.ts";
import { EFER_SVME } from "./control-bits.ts";
import * as L from "./msr-legalizers.ts";
import { command, each, feature, kept, type MsrRule } from "./msr-rule.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";

const VM_CR_BITS = 0x1fn;
const LOCK = 1n << 3n;
const SVMDIS = 1n << 4n;
const TSC_RATIO_BITS = 0xff_ffff_ffffn;
const PAGE_OFFSET = 0xfffn;

const isAmd = (c: Processor): boolean => c.model.vendor === "amd";

/** LOCK makes itself and SVMDIS read-only; SVMDIS cannot be set under EFER.SVME (APM 2 "VM_CR MSR (C001_0114h)"). */
const vmCr: L.Legalize = (c, value, old) => {
  if ((value & ~VM_CR_BITS) !== 0n) return undefined;
  const kept = (old & LOCK) !== 0n ? (value & ~(LOCK | SVMDIS)) | (old & (LOCK | SVMDIS)) : value;
  const disables = (kept & ~old & SVMDIS) !== 0n;
  return disables && (c.s[EFER]! & EFER_SVME) !== 0 ? undefined : kept;
};

/** A page of physical memory that the processor can address. */
const pageAddress: L.Legalize = (c, value) =>
  (value & (PAGE_OFFSET | maskBits(c.model.maxPhysicalAddress, 63))) === 0n ? value : undefined;

/** While VM_CR is locked, writing the key again unlocks it; before, writing sets the key (APM 2 "SVM-Lock"). */
const svmKey: MsrRule = {
  exists: feature("svm-lock"),
  read: () => 0n,
  write: (c, value) => {
    const vmCrNow = storedMsr(c, MSRS.VM_CR.address);
    const key = storedMsr(c, MSRS.SVM_KEY.address);
    if ((vmCrNow & LOCK) === 0n) storeMsr(c, MSRS.SVM_KEY.address, value);
    else if (key !== 0n && value === key) storeMsr(c, MSRS.VM_CR.address, vmCrNow & ~LOCK);
    return true;
  },
};

/** Registers that software keeps values in and that the simulator looks at nowhere. */
const KEPT: readonly number[] = [
  MSRS.SYSCFG.address,
  MSRS.HWCR.address,
  MSRS.TOP_MEM.address,
  MSRS.TOP_MEM2.address,
  MSRS.NB_CFG.address,
  MSRS.INT_PENDING.address,
  MSRS.SMM_BASE.address,
  MSRS.SMM_ADDR.address,
  MSRS.SMM_MASK.address,
  MSRS.IGNNE.address,
  MSRS.DE_CFG.address,
];

/** MSRs of AMD processors. */
export const AMD_MSR_RULES: readonly [number, MsrRule][] = [
  ...each(MSRS.LASTBRANCHFROMIP.address, 4, (address) => kept(address, L.anyValue, isAmd)),
  kept(MSRS.TSC_RATIO.address, L.onlyBits(TSC_RATIO_BITS), feature("tsc-scale")),
  ...each(MSRS.PERF_EVTSEL0.address, 8, (address) => kept(address, L.anyValue, isAmd)),
  ...KEPT.map((address) => kept(address, L.anyValue, isAmd)),
  kept(MSRS.VM_CR.address, vmCr, feature("svm")),
  command(MSRS.SMM_CTL.address, VM_CR_BITS, isAmd),
  kept(MSRS.VM_HSAVE_PA.address, pageAddress, feature("svm")),
  [MSRS.SVM_KEY.address, svmKey],
  ...each(MSRS.OSVW_ID_LENGTH.address, 2, (address) => kept(address, L.anyValue, feature("osvw"))),
];
