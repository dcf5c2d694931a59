import { MSRS } from "@hvdiff/spec";
import { CF, readRflags, writeArithmeticFlags } from "../flags.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { CR4_CET } from "../system/control-bits.ts";
import { GP, notPrivileged, raise, UD } from "../system/exceptions.ts";
import { storedMsr } from "../system/msr-storage.ts";
import { memoryAddress, readOperand, writeOperand } from "../system/operands.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { cetBits, hasShadowStack, WR_SHSTK_EN } from "./cet-state.ts";
import {
  CP_RSTORSSP,
  CP_SETSSBSY,
  exchangeToken,
  failEnforcement,
  loadShadow,
  setShadowPointer,
  shadowPointer,
  storeShadow,
} from "./shadow-memory.ts";

const BUSY = 1n;
const PREVIOUS = 2n;
const ALIGNMENT_HOLE = 4n;
const PL0_SSP = MSRS.IA32_PL0_SSP.address;

function isUser(c: Processor): boolean {
  return c.s[S.CPL] === 3;
}

function lacksShadowStack(c: Processor): boolean {
  return !hasShadowStack(c, c.s[S.CPL]!);
}

/** Bit 0 of restore tokens: made in 64-bit mode. */
function modeBit(c: Processor): bigint {
  return c.in64BitMode ? 1n : 0n;
}

/** Linear address of the memory operand; null when a fault is pending. */
function operandAddress(c: Processor, i: Op, size: number): bigint | null {
  const low = memoryAddress(c, i, size, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return null;
  return (BigInt(c.hi >>> 0) << 32n) | BigInt(low >>> 0);
}

const rdssp: Executor = (c, i) => {
  if (lacksShadowStack(c)) return STATUS_NEXT;
  const pointer = shadowPointer(c);
  writeOperand(c, i, 0, Number(BigInt.asIntN(32, pointer)), Number(BigInt.asIntN(32, pointer >> 32n)));
  return STATUS_NEXT;
};

const incssp: Executor = (c, i) => {
  if (lacksShadowStack(c)) return raise(c, UD);
  const size = i.instruction.operandSize === 64 ? 8 : 4;
  const count = readOperand(c, i, 0) & 0xff;
  if (count === 0) return STATUS_NEXT;
  const first = shadowPointer(c);
  const next = first + BigInt(count * size);
  // The first and the last element are looked at, so that no gap can be stepped over.
  if (loadShadow(c, first, size, isUser(c)) === null) return STATUS_ABORTED;
  if (loadShadow(c, next - BigInt(size), size, isUser(c)) === null) return STATUS_ABORTED;
  setShadowPointer(c, next);
  return STATUS_NEXT;
};

/** The pointer that a restore token at an address stands for is the address behind it. */
function isRestoreToken(c: Processor, token: bigint, at: bigint): boolean {
  if ((token & 3n) !== modeBit(c) || (!c.in64BitMode && token >> 32n !== 0n)) return false;
  return (((token & ~1n) - 8n) & ~7n) === at;
}

const rstorssp: Executor = (c, i) => {
  if (lacksShadowStack(c)) return raise(c, UD);
  const at = operandAddress(c, i, 8);
  if (at === null) return STATUS_ABORTED;
  if ((at & 7n) !== 0n) return raise(c, GP, 0);
  const token = loadShadow(c, at, 8, isUser(c));
  if (token === null) return STATUS_ABORTED;
  const restores = isRestoreToken(c, token, at);
  const stored = restores ? shadowPointer(c) | PREVIOUS | modeBit(c) : token;
  if (!storeShadow(c, at, 8, stored, isUser(c))) return STATUS_ABORTED;
  if (!restores) {
    failEnforcement(c, CP_RSTORSSP);
    return STATUS_ABORTED;
  }
  setShadowPointer(c, at);
  writeArithmeticFlags(c.s, (token & ALIGNMENT_HOLE) !== 0n ? CF : 0);
  return STATUS_NEXT;
};

/** Pops the previous-stack token, and the hole that alignment made before it. Null when a fault is pending. */
function popPreviousToken(c: Processor, pointer: bigint): { token: bigint; next: bigint } | null {
  const token = loadShadow(c, pointer, 8, isUser(c));
  if (token === null) return null;
  const hasHole = (readRflags(c.s) & CF) !== 0;
  const hole = hasHole ? loadShadow(c, pointer + 8n, 4, isUser(c)) : 0n;
  if (hole === null) return null;
  const wrong = (token & PREVIOUS) === 0n || hole !== 0n || (!c.in64BitMode && token >> 32n !== 0n);
  if (!wrong) return { token, next: pointer + (hasHole ? 12n : 8n) };
  c.raise(GP, 0);
  return null;
}

const saveprevssp: Executor = (c) => {
  if (lacksShadowStack(c)) return raise(c, UD);
  const pointer = shadowPointer(c);
  if ((pointer & 7n) !== 0n) return raise(c, GP, 0);
  const popped = popPreviousToken(c, pointer);
  if (popped === null) return STATUS_ABORTED;
  const old = popped.token & ~3n;
  // Aligned downwards, with zeros in the hole, the token that RSTORSSP will want lies on the old stack.
  if (!storeShadow(c, old - 4n, 4, 0n, isUser(c))) return STATUS_ABORTED;
  if (!storeShadow(c, (old & ~7n) - 8n, 8, old | modeBit(c), isUser(c))) return STATUS_ABORTED;
  setShadowPointer(c, popped.next);
  return STATUS_NEXT;
};

function storeElement(c: Processor, i: Op, user: boolean): number {
  const size = i.instruction.operandSize === 64 ? 8 : 4;
  const at = operandAddress(c, i, size);
  if (at === null) return STATUS_ABORTED;
  if ((at & BigInt(size - 1)) !== 0n) return raise(c, GP, 0);
  const low = readOperand(c, i, 1);
  const value = (size === 8 ? BigInt(c.hi >>> 0) << 32n : 0n) | BigInt(low >>> 0);
  return storeShadow(c, at, size, value, user) ? STATUS_NEXT : STATUS_ABORTED;
}

const wrss: Executor = (c, i) => {
  if (lacksShadowStack(c) || (cetBits(c, c.s[S.CPL]!) & WR_SHSTK_EN) === 0) return raise(c, UD);
  return storeElement(c, i, isUser(c));
};

const wruss: Executor = (c, i) => {
  if ((c.s[S.CR4]! & CR4_CET) === 0) return raise(c, UD);
  return notPrivileged(c) ? STATUS_ABORTED : storeElement(c, i, true);
};

const setssbsy: Executor = (c) => {
  if (!hasShadowStack(c, 0)) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const at = storedMsr(c, PL0_SSP);
  if ((at & 7n) !== 0n) return raise(c, GP, 0);
  const token = exchangeToken(c, at, at, at | BUSY);
  if (token === null) return STATUS_ABORTED;
  if (token !== at) {
    failEnforcement(c, CP_SETSSBSY);
    return STATUS_ABORTED;
  }
  setShadowPointer(c, at);
  return STATUS_NEXT;
};

const clrssbsy: Executor = (c, i) => {
  if (!hasShadowStack(c, 0)) return raise(c, UD);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const at = operandAddress(c, i, 8);
  if (at === null) return STATUS_ABORTED;
  if ((at & 7n) !== 0n) return raise(c, GP, 0);
  const token = exchangeToken(c, at, at | BUSY, at);
  if (token === null) return STATUS_ABORTED;
  writeArithmeticFlags(c.s, token === (at | BUSY) ? 0 : CF);
  setShadowPointer(c, 0n);
  return STATUS_NEXT;
};

const nothing: Executor = () => STATUS_NEXT;

/** Shadow-stack instructions, and ENDBRANCH, whose work is done by the tracker. SDM 2 "Instruction Set Reference". */
export const SHADOW_STACK_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  rdssp,
  incssp,
  rstorssp,
  saveprevssp,
  wrss,
  wruss,
  setssbsy,
  clrssbsy,
  endbr32: nothing,
  endbr64: nothing,
};
