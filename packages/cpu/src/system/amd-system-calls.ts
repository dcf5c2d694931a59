import { MSRS } from "@hvdiff/spec";
import { DR6_BS, pendDebugTrap } from "../debug-registers.ts";
import { IF, RF, readRflags, TF, VM, writeRflags } from "../flags.ts";
import { type Executor, STATUS_ABORTED, STATUS_RETIRED } from "../op.ts";
import * as S from "../state-layout.ts";
import { EFER_SCE } from "./control-bits.ts";
import { GP, inLongMode, inRealMode, notPrivileged, raise, UD } from "./exceptions.ts";
import { CODE_32, CODE_64, FLAT_DATA, setFlat } from "./flat-segments.ts";
import { storedMsr } from "./msr-storage.ts";

const RCX = 1;
const R11 = 11;
const RPL = 3;
const SYSRET_FLAGS = 0x3c7fd7n;

/** SYSCALL: also in compatibility mode, to CSTAR, and in legacy mode, to STAR's low half (APM 3 "SYSCALL"). */
export const syscall: Executor = (c, i) => {
  if ((c.s[S.EFER]! & EFER_SCE) === 0) return raise(c, UD);
  const star = storedMsr(c, MSRS.IA32_STAR.address);
  const selector = Number((star >> 32n) & 0xfffcn);
  const long = inLongMode(c);
  const flags = readRflags(c.s);
  const to = c.in64BitMode ? MSRS.IA32_LSTAR : MSRS.IA32_CSTAR;
  c.s[S.RIP] = i.nextLow;
  c.s[S.RIP + 1] = i.nextHigh;
  c.setGpr(RCX, long ? c.rip : BigInt.asUintN(32, c.rip));
  if (long) c.setGpr(R11, BigInt((flags & ~RF) >>> 0));
  c.rip = long ? storedMsr(c, to.address) : star & 0xffff_ffffn;
  const cleared = long ? Number(BigInt.asIntN(32, storedMsr(c, MSRS.IA32_FMASK.address))) : VM | IF;
  writeRflags(c.s, flags & ~RF & ~cleared);
  setFlat(c, S.CS, selector, long ? CODE_64 : CODE_32, 0);
  setFlat(c, S.SS, selector + 8, FLAT_DATA, 0);
  c.s[S.CPL] = 0;
  c.translationChanged();
  return STATUS_RETIRED;
};

/** SYSRET: a target that is not canonical faults when it is fetched, in user mode; SS gets a selector and nothing else (APM 3 "SYSRET"). */
export const sysret: Executor = (c, i) => {
  if ((c.s[S.EFER]! & EFER_SCE) === 0) return raise(c, UD);
  if (inRealMode(c)) return raise(c, GP, 0);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const from64 = c.in64BitMode;
  const to64 = from64 && i.instruction.operandSize === 64;
  const star = Number((storedMsr(c, MSRS.IA32_STAR.address) >> 48n) & 0xffffn);
  c.rip = to64 ? c.gpr(RCX) : c.gpr(RCX) & 0xffff_ffffn;
  if (from64) writeRflags(c.s, Number(c.gpr(R11) & SYSRET_FLAGS));
  else c.s[S.FLAG_SYSTEM]! |= IF;
  setFlat(c, S.CS, (star + (to64 ? 16 : 0)) | RPL, to64 ? CODE_64 : CODE_32, 3);
  c.s[S.SEGMENTS + S.SS * S.SEGMENT_STRIDE + S.SEGMENT_SELECTOR] = (star + 8) & 0xffff;
  c.s[S.CPL] = 3;
  c.translationChanged();
  if ((c.s[S.FLAG_SYSTEM]! & TF) !== 0) pendDebugTrap(c.s, DR6_BS);
  return STATUS_RETIRED;
};
