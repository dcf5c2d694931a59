import { MSRS, maskBits, memoryTypeOf } from "@hvdiff/spec";
import type { Processor } from "../processor.ts";
import { hasFeature } from "./features.ts";
import { fitsLinearWidth } from "./linear-width.ts";

/** Turns what was written into what is kept; undefined is #GP(0). */
export type Legalize = (c: Processor, value: bigint, old: bigint) => bigint | undefined;

/** Keeps any value. */
export const anyValue: Legalize = (_, value) => value;

/** #GP when a bit outside the mask is set. */
export function onlyBits(mask: bigint): Legalize {
  return (_, value) => ((value & ~mask) === 0n ? value : undefined);
}

/** #GP for a non-canonical address. */
export const canonical: Legalize = (c, value) =>
  fitsLinearWidth(c, Number(BigInt.asIntN(32, value >> 32n))) ? value : undefined;

/** Machine-check status and the like: software may only clear them. */
export const onlyZero: Legalize = (_, value) => (value === 0n ? value : undefined);

/** All zeros or all ones. */
export const zeroOrOnes: Legalize = (_, value) =>
  value === 0n || value === 0xffff_ffff_ffff_ffffn ? value : undefined;

function aboveMaximum(c: Processor): bigint {
  return maskBits(c.model.maxPhysicalAddress, 63);
}

function isMtrrType(code: number): boolean {
  return code !== MEMORY_TYPE_UC_MINUS && memoryTypeOf(code) !== undefined;
}

const MEMORY_TYPE_UC_MINUS = 7;

function everyByte(value: bigint, holds: (byte: number) => boolean): boolean {
  for (let shift = 0n; shift < 64n; shift += 8n) if (!holds(Number((value >> shift) & 0xffn))) return false;
  return true;
}

/** Eight memory types, UC- included (SDM 3A "IA32_PAT MSR"). */
export const patTypes: Legalize = (_, value) =>
  everyByte(value, (byte) => memoryTypeOf(byte) !== undefined) ? value : undefined;

/** Eight memory types of a fixed-range register. */
export const fixedRangeTypes: Legalize = (_, value) => (everyByte(value, isMtrrType) ? value : undefined);

export const variableRangeBase: Legalize = (c, value) => {
  const reserved = aboveMaximum(c) | 0xf00n;
  return (value & reserved) === 0n && isMtrrType(Number(value & 0xffn)) ? value : undefined;
};

export const variableRangeMask: Legalize = (c, value) =>
  (value & (aboveMaximum(c) | 0x7ffn)) === 0n ? value : undefined;

export const mtrrDefaultType: Legalize = (_, value) =>
  (value & ~0xcffn) === 0n && isMtrrType(Number(value & 0xffn)) ? value : undefined;

const APIC_ENABLE = 1n << 11n;
const APIC_X2 = 1n << 10n;

/** SDM 3A "x2APIC State Transitions". */
export const apicBase: Legalize = (c, value, old) => {
  const existing = 0x900n | (hasFeature(c, "x2apic") ? APIC_X2 : 0n) | (maskBits(12, 63) & ~aboveMaximum(c));
  if ((value & ~existing) !== 0n) return undefined;
  const x2 = (value & APIC_X2) !== 0n;
  const enabled = (value & APIC_ENABLE) !== 0n;
  if (x2 && !enabled) return undefined;
  if ((old & APIC_X2) !== 0n && enabled && !x2) return undefined;
  if ((old & APIC_ENABLE) === 0n && x2) return undefined;
  return value;
};

/** Locked is #GP, and so are bits of features that are not there (SDM 3C "Enabling and Entering VMX Operation"). */
export const featureControl: Legalize = (c, value, old) => {
  let existing = 1n | (1n << 20n);
  if (hasFeature(c, "vmx")) existing |= 4n;
  if (hasFeature(c, "smx")) existing |= 0xff02n;
  if (hasFeature(c, "sgx")) existing |= 3n << 17n;
  return (old & 1n) === 0n && (value & ~existing) === 0n ? value : undefined;
};

/** The MSRs that hold linear addresses. */
export const CANONICAL_MSRS: readonly number[] = [
  MSRS.IA32_SYSENTER_ESP.address,
  MSRS.IA32_SYSENTER_EIP.address,
  MSRS.IA32_LSTAR.address,
  MSRS.IA32_CSTAR.address,
  MSRS.IA32_KERNEL_GS_BASE.address,
];
