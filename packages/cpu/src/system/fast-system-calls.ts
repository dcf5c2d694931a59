import { MSRS } from "@hvdiff/spec";
import { DR6_BS, pendDebugTrap } from "../debug-registers.ts";
import { enterSystemCall, resumeUserShadowStack } from "../enforcement/shadow-transfers.ts";
import { IF, RF, readRflags, TF, VM, writeRflags } from "../flags.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "../op.ts";
import type { Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import * as amd from "./amd-system-calls.ts";
import { EFER_SCE } from "./control-bits.ts";
import { isNull } from "./descriptors.ts";
import { GP, inLongMode, inRealMode, notPrivileged, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { CODE_32, CODE_64, FLAT_DATA, setFlat } from "./flat-segments.ts";
import { storedMsr, storeMsr } from "./msr-storage.ts";
import { readSegmentBase, writeSegmentBase } from "./segment-bases.ts";

const RCX = 1;
const RDX = 2;
const RSP = 4;
const R11 = 11;
const SYSRET_FLAGS = 0x3c7fd7n;

function isCanonical(c: Processor, value: bigint): boolean {
  return c.isCanonical(Number(BigInt.asIntN(32, value >> 32n)));
}

const syscall: Executor = (c, i) => {
  if (c.model.vendor === "amd") return amd.syscall(c, i);
  if (!c.in64BitMode || (c.s[S.EFER]! & EFER_SCE) === 0) return raise(c, UD);
  const star = Number((storedMsr(c, MSRS.IA32_STAR.address) >> 32n) & 0xfffcn);
  const flags = readRflags(c.s);
  c.s[S.RIP] = i.nextLow;
  c.s[S.RIP + 1] = i.nextHigh;
  c.setGpr(RCX, c.rip);
  c.setGpr(R11, BigInt((flags & ~RF) >>> 0));
  c.rip = storedMsr(c, MSRS.IA32_LSTAR.address);
  writeRflags(c.s, flags & ~RF & ~Number(BigInt.asIntN(32, storedMsr(c, MSRS.IA32_FMASK.address))));
  setFlat(c, S.CS, star, CODE_64, 0);
  setFlat(c, S.SS, star + 8, FLAT_DATA, 0);
  enterSystemCall(c, c.s[S.CPL]!);
  c.s[S.CPL] = 0;
  c.translationChanged();
  return STATUS_RETIRED;
};

const sysret: Executor = (c, i) => {
  if (c.model.vendor === "amd") return amd.sysret(c, i);
  if (!c.in64BitMode || (c.s[S.EFER]! & EFER_SCE) === 0) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const to64 = i.instruction.operandSize === 64;
  const target = to64 ? c.gpr(RCX) : c.gpr(RCX) & 0xffff_ffffn;
  if (!isCanonical(c, target)) return raise(c, GP, 0);
  const star = Number((storedMsr(c, MSRS.IA32_STAR.address) >> 48n) & 0xffffn);
  c.rip = target;
  writeRflags(c.s, Number(c.gpr(R11) & SYSRET_FLAGS));
  setFlat(c, S.CS, (star + (to64 ? 16 : 0)) | 3, to64 ? CODE_64 : CODE_32, 3);
  setFlat(c, S.SS, (star + 8) | 3, FLAT_DATA, 3);
  c.s[S.CPL] = 3;
  resumeUserShadowStack(c);
  c.translationChanged();
  // Unlike IRET, SYSRET is itself the first step of what it returns to.
  if ((c.s[S.FLAG_SYSTEM]! & TF) !== 0) pendDebugTrap(c.s, DR6_BS);
  return STATUS_RETIRED;
};

/** AMD processors have SYSENTER and SYSEXIT outside long mode only. */
function lacksSysenter(c: Processor): boolean {
  return !hasFeature(c, "sep") || (c.model.vendor === "amd" && inLongMode(c));
}

const sysenter: Executor = (c) => {
  if (lacksSysenter(c)) return raise(c, UD);
  const selector = Number(storedMsr(c, MSRS.IA32_SYSENTER_CS.address) & 0xfffcn);
  if (inRealMode(c) || isNull(selector)) return raise(c, GP, 0);
  const long = inLongMode(c);
  const width = long ? 64 : 32;
  c.s[S.FLAG_SYSTEM]! &= ~(VM | IF | RF);
  c.setGpr(RSP, BigInt.asUintN(width, storedMsr(c, MSRS.IA32_SYSENTER_ESP.address)));
  c.rip = BigInt.asUintN(width, storedMsr(c, MSRS.IA32_SYSENTER_EIP.address));
  setFlat(c, S.CS, selector, long ? CODE_64 : CODE_32, 0);
  setFlat(c, S.SS, selector + 8, FLAT_DATA, 0);
  enterSystemCall(c, c.s[S.CPL]!);
  c.s[S.CPL] = 0;
  c.translationChanged();
  return STATUS_RETIRED;
};

const sysexit: Executor = (c, i) => {
  if (lacksSysenter(c)) return raise(c, UD);
  const selector = Number(storedMsr(c, MSRS.IA32_SYSENTER_CS.address) & 0xffffn);
  if (inRealMode(c) || isNull(selector) || c.s[S.CPL] !== 0) return raise(c, GP, 0);
  const to64 = i.instruction.operandSize === 64;
  const mask = to64 ? 64 : 32;
  const rip = BigInt.asUintN(mask, c.gpr(RDX));
  const rsp = BigInt.asUintN(mask, c.gpr(RCX));
  if (!isCanonical(c, rip) || !isCanonical(c, rsp)) return raise(c, GP, 0);
  const code = selector + (to64 ? 32 : 16);
  c.rip = rip;
  c.setGpr(RSP, rsp);
  setFlat(c, S.CS, code | 3, to64 ? CODE_64 : CODE_32, 3);
  setFlat(c, S.SS, (code + 8) | 3, FLAT_DATA, 3);
  c.s[S.CPL] = 3;
  resumeUserShadowStack(c);
  c.translationChanged();
  return STATUS_RETIRED;
};

const swapgs: Executor = (c) => {
  if (!c.in64BitMode) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const kernel = storedMsr(c, MSRS.IA32_KERNEL_GS_BASE.address);
  storeMsr(c, MSRS.IA32_KERNEL_GS_BASE.address, readSegmentBase(c, S.GS));
  writeSegmentBase(c, S.GS, kernel);
  return STATUS_NEXT;
};

/** SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS. SDM 2 "Instruction Set Reference". */
export const FAST_SYSTEM_CALLS: Readonly<Record<string, Executor>> = { syscall, sysret, sysenter, sysexit, swapgs };
