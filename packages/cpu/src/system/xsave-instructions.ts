import type { CpuidFeature } from "@hvdiff/spec";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE, type Access } from "../virtualization.ts";
import { CR0_EM, CR0_TS, CR4_OSXSAVE } from "./control-bits.ts";
import { ENABLE_CHECK, GP, intercepted, NM, notPrivileged, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { memoryAddress } from "./operands.ts";
import { type Area, restoreArea, restoreLegacy, saveCompacted, saveLegacy, saveStandard } from "./xsave-areas.ts";
import {
  compactedLayout,
  componentsInUse,
  enabledXcr0,
  PKRU_WORD,
  standardSize,
  supportedXcr0,
} from "./xsave-components.ts";

const RAX = S.GPR;
const RCX = S.GPR + 2;
const RDX = S.GPR + 4;

function instructionMask(c: Processor): bigint {
  return (BigInt(c.s[RDX]! >>> 0) << 32n) | BigInt(c.s[RAX]! >>> 0);
}

/** The operand's linear address, aligned or #GP(0). Null when a fault is pending. */
function areaAddress(c: Processor, i: Op, size: number, alignment: number, access: Access): Area | null {
  const low = memoryAddress(c, i, size, access);
  if (c.fault !== FAULT_NONE) return null;
  if ((low & (alignment - 1)) === 0) return { low, high: c.hi, wide: i.instruction.operandSize === 64 };
  c.raise(GP, 0);
  return null;
}

/** Checks that all XSAVE instructions begin with; `STATUS_NEXT` if they pass. */
function begin(c: Processor, feature: CpuidFeature): number {
  if (!hasFeature(c, feature) || (c.s[S.CR4]! & CR4_OSXSAVE) === 0) return raise(c, UD);
  if ((c.s[S.CR0]! & CR0_TS) !== 0) return raise(c, NM);
  return STATUS_NEXT;
}

/** As `begin`, for XSAVES and XRSTORS, which belong to privilege level 0 and have a VM-execution control. */
function beginSupervisor(c: Processor, i: Op, id: number): number {
  if (!hasFeature(c, "xsaves") || (c.s[S.CR4]! & CR4_OSXSAVE) === 0) return raise(c, UD);
  const allowed = intercepted(c, i, id, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  if ((c.s[S.CR0]! & CR0_TS) !== 0) return raise(c, NM);
  if (notPrivileged(c)) return STATUS_ABORTED;
  return intercepted(c, i, id);
}

type Save = (c: Processor, at: Area, requested: bigint) => boolean;

function saveWith(feature: CpuidFeature, sizeOf: (c: Processor, mask: bigint) => number, save: Save): Executor {
  return (c, i) => {
    const status = begin(c, feature);
    if (status !== STATUS_NEXT) return status;
    const requested = instructionMask(c) & enabledXcr0(c);
    const at = areaAddress(c, i, sizeOf(c, requested), 64, ACCESS_WRITE);
    return at !== null && save(c, at, requested) ? STATUS_NEXT : STATUS_ABORTED;
  };
}

const xsaves: Executor = (c, i) => {
  const status = beginSupervisor(c, i, INTERCEPT.xsaves);
  if (status !== STATUS_NEXT) return status;
  const requested = instructionMask(c) & (enabledXcr0(c) | c.get64(S.XSS));
  const at = areaAddress(c, i, compactedLayout(c, requested).size, 64, ACCESS_WRITE);
  return at !== null && saveCompacted(c, at, requested) ? STATUS_NEXT : STATUS_ABORTED;
};

function restoreFrom(c: Processor, i: Op, enabled: bigint, supervisor: boolean): number {
  const at = areaAddress(c, i, 576, 64, ACCESS_READ);
  if (at === null) return STATUS_ABORTED;
  const keys = c.s[PKRU_WORD];
  const restored = restoreArea(c, at, instructionMask(c) & enabled, enabled, supervisor);
  if (c.s[PKRU_WORD] !== keys) c.mmu.flushAll();
  // The components of control-flow enforcement may have been among them.
  c.translationChanged();
  return restored ? STATUS_NEXT : STATUS_ABORTED;
}

const xrstor: Executor = (c, i) => {
  const status = begin(c, "xsave");
  return status === STATUS_NEXT ? restoreFrom(c, i, enabledXcr0(c), false) : status;
};

const xrstors: Executor = (c, i) => {
  const status = beginSupervisor(c, i, INTERCEPT.xrstors);
  return status === STATUS_NEXT ? restoreFrom(c, i, enabledXcr0(c) | c.get64(S.XSS), true) : status;
};

const xgetbv: Executor = (c) => {
  if (!hasFeature(c, "xsave") || (c.s[S.CR4]! & CR4_OSXSAVE) === 0) return raise(c, UD);
  const index = c.s[RCX]!;
  if (index !== 0 && !(index === 1 && hasFeature(c, "xgetbv1"))) return raise(c, GP, 0);
  const enabled = enabledXcr0(c);
  const value = index === 0 ? enabled : componentsInUse(c, enabled);
  c.setGpr(0, value & 0xffff_ffffn);
  c.setGpr(2, value >> 32n);
  return STATUS_NEXT;
};

/** Combinations that XCR0 accepts (SDM 1 "Enabling the XSAVE Feature Set and XSAVE-Enabled Features"). */
function isLegalXcr0(c: Processor, value: bigint): boolean {
  if ((value & 1n) === 0n || (value & ~supportedXcr0(c)) !== 0n) return false;
  const allOrNone = (mask: bigint) => (value & mask) === 0n || (value & mask) === mask;
  if ((value & 4n) !== 0n && (value & 2n) === 0n) return false;
  if ((value & 0xe0n) !== 0n && (value & 4n) === 0n) return false;
  return allOrNone(0xe0n) && allOrNone(0x18n) && allOrNone(3n << 17n);
}

const xsetbv: Executor = (c, i) => {
  if (!hasFeature(c, "xsave") || (c.s[S.CR4]! & CR4_OSXSAVE) === 0) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.xsetbv);
  if (status !== STATUS_NEXT) return status;
  const value = instructionMask(c);
  if (c.s[RCX] !== 0 || !isLegalXcr0(c, value)) return raise(c, GP, 0);
  c.set64(S.XCR0, value);
  return STATUS_NEXT;
};

/** FXSAVE and FXRSTOR: #UD with CR0.EM, #NM with CR0.TS. */
function legacy(access: Access, run: (c: Processor, at: Area) => boolean): Executor {
  return (c, i) => {
    if (!hasFeature(c, "fxsr") || (c.s[S.CR0]! & CR0_EM) !== 0) return raise(c, UD);
    if ((c.s[S.CR0]! & CR0_TS) !== 0) return raise(c, NM);
    const at = areaAddress(c, i, 512, 16, access);
    return at !== null && run(c, at) ? STATUS_NEXT : STATUS_ABORTED;
  };
}

const compactedSize = (c: Processor, mask: bigint) => compactedLayout(c, mask).size;

/** XSAVE feature set and its forerunners. SDM 1 "Managing State Using the XSAVE Feature Set". */
export const XSAVE_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  xgetbv,
  xsetbv,
  xsave: saveWith("xsave", standardSize, (c, at, mask) => saveStandard(c, at, mask, false)),
  xsaveopt: saveWith("xsaveopt", standardSize, (c, at, mask) => saveStandard(c, at, mask, true)),
  xsavec: saveWith("xsavec", compactedSize, saveCompacted),
  xsaves,
  xrstor,
  xrstors,
  fxsave: legacy(ACCESS_WRITE, saveLegacy),
  fxrstor: legacy(ACCESS_READ, restoreLegacy),
};
