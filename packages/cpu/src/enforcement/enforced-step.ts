import { MSRS } from "@hvdiff/spec";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { selectorOf } from "../system/descriptors.ts";
import { msrWord } from "../system/msr-storage.ts";
import {
  cetBits,
  cetWord,
  expectEndbranch,
  hasShadowStack,
  LEG_IW_EN,
  NO_TRACK_EN,
  SUPPRESS,
  SUPPRESS_DIS,
  TRACKER,
} from "./cet-state.ts";
import {
  CP_ENDBRANCH,
  CP_NEAR_RET,
  failEnforcement,
  loadShadow,
  setShadowPointer,
  shadowPointer,
  storeShadow,
} from "./shadow-memory.ts";
import { linearInCode, popFarFrame, pushFarFrame, type ReturnPlace, releaseShadowStack } from "./shadow-transfers.ts";

const NO_TRACK_PREFIX = 0x3e;
const LEGACY_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
const SEGMENT_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]);
/** Instructions that may stand where an ENDBRANCH is waited for. */
const UNTRACKED = new Set(["int3", "int1"]);
/** Bytes of CS, return address and old pointer on a shadow stack. */
const FAR_FRAME = 24n;
/** Registers that a transfer may have changed when its shadow stack refuses it. */
const UNDONE_WORDS = S.GDTR;
const USER_CET = msrWord(MSRS.IA32_U_CET.address)!;
const SUPERVISOR_CET = msrWord(MSRS.IA32_S_CET.address)!;

/** What of the state before an instruction its enforcement needs. */
interface Before {
  readonly cpl: number;
  readonly pointer: bigint;
  readonly from: ReturnPlace;
}

/** What a transfer that has been executed still has to do on the shadow stack. False when a fault is pending. */
type Enforcement = (c: Processor, op: Op, before: Before) => boolean;

function hasPrefix(op: Op, prefix: number): boolean {
  let segment = 0;
  for (const byte of op.instruction.bytes) {
    if (!LEGACY_PREFIXES.has(byte)) break;
    if (SEGMENT_PREFIXES.has(byte)) segment = byte;
  }
  return segment === prefix;
}

function isIndirect(op: Op): boolean {
  const kind = op.instruction.operands[0]?.kind;
  return kind === "register" || kind === "memory";
}

/** Near JMP and CALL through a register or memory: the target must be an ENDBRANCH unless the prefix says otherwise. */
function trackNear(c: Processor, op: Op): void {
  const cpl = c.s[S.CPL]!;
  if (!isIndirect(op)) return;
  if ((cetBits(c, cpl) & NO_TRACK_EN) !== 0 && hasPrefix(op, NO_TRACK_PREFIX)) return;
  expectEndbranch(c, cpl);
}

/** Bytes of a near return address on the shadow stack. */
function nearSize(c: Processor): number {
  return c.in64BitMode ? 8 : 4;
}

function enforceCall(c: Processor, op: Op, { cpl, from }: Before): boolean {
  const continues = c.s[S.RIP] === op.nextLow && c.s[S.RIP + 1] === op.nextHigh;
  const pushes = hasShadowStack(c, cpl) && (isIndirect(op) || !continues);
  if (!pushes) return true;
  const size = nearSize(c);
  const pointer = shadowPointer(c);
  const top = pointer - BigInt(size);
  if (!storeShadow(c, top, size, from.linear, cpl === 3)) return false;
  setShadowPointer(c, top);
  return true;
}

function enforceReturn(c: Processor, _op: Op, { cpl }: Before): boolean {
  if (!hasShadowStack(c, cpl)) return true;
  const size = nearSize(c);
  const pointer = shadowPointer(c);
  const kept = loadShadow(c, pointer, size, cpl === 3);
  if (kept === null) return false;
  if (kept !== linearInCode(c, c.rip)) return failEnforcement(c, CP_NEAR_RET);
  setShadowPointer(c, pointer + BigInt(size));
  return true;
}

function enforceFarCall(c: Processor, _op: Op, { cpl, from }: Before): boolean {
  const now = c.s[S.CPL]!;
  if (now === cpl && hasShadowStack(c, cpl) && !pushFarFrame(c, from, cpl === 3)) return false;
  expectEndbranch(c, now);
  return true;
}

function runningPlace(c: Processor): ReturnPlace {
  return { selector: selectorOf(c, S.CS), linear: linearInCode(c, c.rip) };
}

/** Far RET and IRET: to the same level the frame is popped, to an outer one the shadow stack is given back as well. */
function enforceFarReturn(c: Processor, _op: Op, { cpl, pointer }: Before): boolean {
  if (!hasShadowStack(c, cpl)) return true;
  const now = c.s[S.CPL]!;
  if (now === cpl) return popFarFrame(c, runningPlace(c), cpl === 3);
  if (now === 3) return releaseShadowStack(c, pointer);
  return popFarFrame(c, runningPlace(c), false) && releaseShadowStack(c, pointer + FAR_FRAME);
}

const ENFORCEMENTS: Readonly<Record<string, Enforcement>> = {
  call: (c, op, before) => {
    if (!enforceCall(c, op, before)) return false;
    trackNear(c, op);
    return true;
  },
  ret: enforceReturn,
  jmp: (c, op) => {
    trackNear(c, op);
    return true;
  },
  jmpf: (c) => {
    expectEndbranch(c, c.s[S.CPL]!);
    return true;
  },
  callf: enforceFarCall,
  retf: enforceFarReturn,
  iret: enforceFarReturn,
};

/** Whether the page of an instruction is marked as legacy code, whose lack of ENDBRANCH is forgiven. Null when a fault is pending. */
function isLegacyCode(c: Processor, op: Op): boolean | null {
  const word = cetWord(c.s[S.CPL]!);
  const base = c.get64(word) & ~0xfffn;
  const page = linearInCode(c, BigInt.asUintN(64, (BigInt(op.ripHigh) << 32n) | BigInt(op.ripLow >>> 0))) >> 12n;
  const at = base + ((page & 0xfffffffffn) >> 3n);
  const byte = c.load8(Number(BigInt.asIntN(32, at)), Number(BigInt.asIntN(32, at >> 32n)));
  return c.fault === FAULT_NONE ? ((byte >>> Number(page & 7n)) & 1) === 1 : null;
}

/** An ENDBRANCH is waited for: takes it, forgives its lack, or raises #CP. False when a fault is pending. */
function meetTracker(c: Processor, op: Op): boolean {
  const cpl = c.s[S.CPL]!;
  const word = cetWord(cpl);
  const { mnemonic } = op.instruction;
  if (UNTRACKED.has(mnemonic)) return true;
  if (mnemonic === (c.in64BitMode ? "endbr64" : "endbr32")) {
    c.s[word]! &= ~(TRACKER | SUPPRESS);
    return true;
  }
  const bits = cetBits(c, cpl);
  if ((bits & LEG_IW_EN) === 0) return failEnforcement(c, CP_ENDBRANCH);
  const legacy = isLegacyCode(c, op);
  if (legacy === null) return false;
  if (!legacy) return failEnforcement(c, CP_ENDBRANCH);
  c.s[word]! &= ~TRACKER;
  if ((bits & SUPPRESS_DIS) === 0) c.s[word]! |= SUPPRESS;
  return true;
}

/** Executes one instruction of code that has a shadow stack or is tracked (SDM 1 "Control-flow Enforcement Technology"). */
export function runEnforced(c: Processor, op: Op): number {
  if ((cetBits(c, c.s[S.CPL]!) & TRACKER) !== 0 && !meetTracker(c, op)) return STATUS_ABORTED;
  const enforce = ENFORCEMENTS[op.instruction.mnemonic];
  if (enforce === undefined) return op.run(c, op);
  return transfer(c, op, enforce);
}

function transfer(c: Processor, op: Op, enforce: Enforcement): number {
  const kept = c.s.slice(0, UNDONE_WORDS);
  const tracked = [c.s[USER_CET]!, c.s[SUPERVISOR_CET]!] as const;
  const next = BigInt.asUintN(64, (BigInt(op.nextHigh) << 32n) | BigInt(op.nextLow >>> 0));
  const from = { selector: selectorOf(c, S.CS), linear: linearInCode(c, next) };
  const before: Before = { cpl: c.s[S.CPL]!, pointer: shadowPointer(c), from };
  const run: Executor = op.run;
  const status = run(c, op);
  if (status === STATUS_ABORTED) return status;
  if (status === STATUS_NEXT) {
    c.s[S.RIP] = op.nextLow;
    c.s[S.RIP + 1] = op.nextHigh;
  }
  if (enforce(c, op, before)) return status;
  c.s.set(kept);
  setShadowPointer(c, before.pointer);
  [c.s[USER_CET], c.s[SUPERVISOR_CET]] = tracked;
  c.translationChanged();
  return STATUS_ABORTED;
}
