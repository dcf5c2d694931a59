import { MSRS } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { hasFeature } from "../system/features.ts";
import { fitsLinearWidth } from "../system/linear-width.ts";
import type { MsrRule } from "../system/msr-rule.ts";
import { storedMsr, storeMsr } from "../system/msr-storage.ts";
import {
  ENDBR_EN,
  LEG_IW_EN,
  NO_TRACK_EN,
  SH_STK_EN,
  SUPPRESS,
  SUPPRESS_DIS,
  TRACKER,
  WR_SHSTK_EN,
} from "./cet-state.ts";

const PAGE = 0xfffn;

function isCanonical(c: Processor, value: bigint): boolean {
  return fitsLinearWidth(c, Number(BigInt.asIntN(32, value >> 32n)));
}

/** Bits of the control MSRs that the processor's features bring. */
function existingBits(c: Processor): bigint {
  const shadow = hasFeature(c, "cet-ss") ? SH_STK_EN | WR_SHSTK_EN : 0;
  const tracking = ENDBR_EN | LEG_IW_EN | NO_TRACK_EN | SUPPRESS_DIS | SUPPRESS | TRACKER;
  return BigInt(shadow) | (hasFeature(c, "cet-ibt") ? BigInt(tracking) | ~PAGE : 0n);
}

/** False is #GP(0): a bit that does not exist, tracking suppressed and waiting at once, a bitmap that is nowhere. */
function writeControl(c: Processor, address: number, value: bigint): boolean {
  const both = BigInt(SUPPRESS | TRACKER);
  if ((value & ~existingBits(c)) !== 0n || (value & both) === both || !isCanonical(c, value)) return false;
  storeMsr(c, address, value);
  c.translationChanged();
  return true;
}

function control(address: number): [number, MsrRule] {
  return [
    address,
    {
      exists: (c) => hasFeature(c, "cet-ss") || hasFeature(c, "cet-ibt"),
      read: (c) => storedMsr(c, address),
      write: (c, value) => writeControl(c, address, value),
    },
  ];
}

/** A shadow-stack pointer, aligned to 4 bytes, or the table of such pointers. */
function pointer(address: number, alignment: bigint): [number, MsrRule] {
  return [
    address,
    {
      exists: (c) => hasFeature(c, "cet-ss"),
      read: (c) => storedMsr(c, address),
      write: (c, value) => {
        if ((value & (alignment - 1n)) !== 0n || !isCanonical(c, value)) return false;
        storeMsr(c, address, value);
        return true;
      },
    },
  ];
}

/** MSRs of control-flow enforcement (SDM 1 "CET MSRs"). */
export const CET_MSR_RULES: readonly [number, MsrRule][] = [
  control(MSRS.IA32_U_CET.address),
  control(MSRS.IA32_S_CET.address),
  ...[0, 1, 2, 3].map((cpl) => pointer(MSRS.IA32_PL0_SSP.address + cpl, 4n)),
  pointer(MSRS.IA32_INTERRUPT_SSP_TABLE_ADDR.address, 1n),
];
