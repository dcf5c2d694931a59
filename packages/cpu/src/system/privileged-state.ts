import { AC } from "../flags.ts";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { CR4_FSGSBASE, CR4_PKE, CR4_SMXE } from "./control-bits.ts";
import { GP, intercepted, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { implicitSegment, readOperand, segmentAddress, writeOperand } from "./operands.ts";
import { writePkru } from "./protection-keys.ts";
import { readSegmentBase, writeSegmentBase } from "./segment-bases.ts";
import { PKRU_WORD } from "./xsave-components.ts";

const RCX = S.GPR + 2;
const RDX = S.GPR + 4;
const MWAIT_INTERRUPT_BREAK = 1;

function setAlignmentCheck(on: boolean): Executor {
  return (c) => {
    if (!hasFeature(c, "smap") || c.s[S.CPL] !== 0) return raise(c, UD);
    if (on) c.s[S.FLAG_SYSTEM]! |= AC;
    else c.s[S.FLAG_SYSTEM]! &= ~AC;
    c.selectTlbPart();
    return STATUS_NEXT;
  };
}

function baseForbidden(c: Processor): boolean {
  return !hasFeature(c, "fsgsbase") || (c.s[S.CR4]! & CR4_FSGSBASE) === 0 || !c.in64BitMode;
}

function readBase(register: number): Executor {
  return (c, i) => {
    if (baseForbidden(c)) return raise(c, UD);
    const base = readSegmentBase(c, register);
    writeOperand(c, i, 0, Number(BigInt.asIntN(32, base)), Number(BigInt.asIntN(32, base >> 32n)));
    return STATUS_NEXT;
  };
}

function writeBase(register: number): Executor {
  return (c, i) => {
    if (baseForbidden(c)) return raise(c, UD);
    const low = readOperand(c, i, 0);
    const base = (BigInt(c.hi >>> 0) << 32n) | BigInt(low >>> 0);
    return writeSegmentBase(c, register, base) ? STATUS_NEXT : raise(c, GP, 0);
  };
}

const rdpkru: Executor = (c) => {
  if ((c.s[S.CR4]! & CR4_PKE) === 0) return raise(c, UD);
  if (c.s[RCX] !== 0) return raise(c, GP, 0);
  c.setGpr(0, BigInt(c.s[PKRU_WORD]! >>> 0));
  c.setGpr(2, 0n);
  return STATUS_NEXT;
};

const wrpkru: Executor = (c) => {
  if ((c.s[S.CR4]! & CR4_PKE) === 0) return raise(c, UD);
  if (c.s[RCX] !== 0 || c.s[RDX] !== 0) return raise(c, GP, 0);
  writePkru(c, c.s[S.GPR]!);
  return STATUS_NEXT;
};

const monitor: Executor = (c, i) => {
  if (!hasFeature(c, "monitor") || c.s[S.CPL] !== 0) return raise(c, UD);
  const status = intercepted(c, i, INTERCEPT.monitor);
  if (status !== STATUS_NEXT) return status;
  if (c.s[RCX] !== 0) return raise(c, GP, 0);
  const width = i.instruction.addressSize;
  const offset = width === 16 ? c.s[S.GPR]! & 0xffff : c.s[S.GPR]!;
  const high = width === 64 ? c.s[S.GPR + 1]! : 0;
  const low = segmentAddress(c, implicitSegment(i), offset, high, 1, ACCESS_READ);
  if (c.fault === FAULT_NONE) c.load8(low, c.hi);
  return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
};

/** MWAIT may end at any time; here it ends at once. */
const mwait: Executor = (c, i) => {
  if (!hasFeature(c, "monitor") || c.s[S.CPL] !== 0) return raise(c, UD);
  const status = intercepted(c, i, INTERCEPT.mwait);
  if (status !== STATUS_NEXT) return status;
  return (c.s[RCX]! & ~MWAIT_INTERRUPT_BREAK) !== 0 ? raise(c, GP, 0) : STATUS_NEXT;
};

const getsec: Executor = (c, i) => {
  if (!hasFeature(c, "smx") || (c.s[S.CR4]! & CR4_SMXE) === 0) return raise(c, UD);
  const status = intercepted(c, i, INTERCEPT.getsec);
  if (status !== STATUS_NEXT) return status;
  c.stopUnimplemented("getsec", i.instruction.bytes);
  return STATUS_ABORTED;
};

/** RSM exists in system-management mode only, which the simulator never enters. */
const rsm: Executor = (c, i) => {
  const status = intercepted(c, i, INTERCEPT.rsm);
  return status === STATUS_NEXT ? raise(c, UD) : status;
};

/** Small instructions on state that the operating system owns. SDM 2 "Instruction Set Reference". */
export const PRIVILEGED_STATE: Readonly<Record<string, Executor>> = {
  clac: setAlignmentCheck(false),
  stac: setAlignmentCheck(true),
  rdfsbase: readBase(S.FS),
  rdgsbase: readBase(S.GS),
  wrfsbase: writeBase(S.FS),
  wrgsbase: writeBase(S.GS),
  rdpkru,
  wrpkru,
  monitor,
  mwait,
  getsec,
  rsm,
};
