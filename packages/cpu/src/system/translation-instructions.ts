import { INTERCEPT } from "../intercepts.ts";
import { type Executor, type Op, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE, type Processor } from "../processor.ts";
import * as S from "../state-layout.ts";
import { ACCESS_READ } from "../virtualization.ts";
import { CR4_PCIDE } from "./control-bits.ts";
import { ENABLE_CHECK, GP, intercepted, inVirtual8086, notPrivileged, raise, UD } from "./exceptions.ts";
import { hasFeature } from "./features.ts";
import { loadWords } from "./linear-bytes.ts";
import { fitsLinearWidth } from "./linear-width.ts";
import { effectiveAddress, memoryAddress, readOperand } from "./operands.ts";
import { baseWord } from "./system-memory.ts";

/** Linear address of the operand without any segment check, as INVLPG takes it: low half; the high half is in `c.hi`. */
export function invalidatedAddress(c: Processor, i: Op): number {
  const low = effectiveAddress(c, i);
  const high = c.hi;
  const base = baseWord(i.segment);
  if (!c.in64BitMode) {
    c.hi = 0;
    return (low + c.s[base]!) | 0;
  }
  if (i.segment < S.FS) return low;
  const sum = (low >>> 0) + (c.s[base]! >>> 0);
  c.hi = (high + c.s[base + 1]! + (sum > 0xffffffff ? 1 : 0)) | 0;
  return sum | 0;
}

const invlpg: Executor = (c, i) => {
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.invlpg);
  if (status !== STATUS_NEXT) return status;
  const low = invalidatedAddress(c, i);
  if (c.isCanonical(c.hi)) c.mmu.flushPage(low, c.hi);
  return STATUS_NEXT;
};

const ONE_ADDRESS = 0;
const ONE_CONTEXT = 1;
const ALL_WITH_GLOBAL = 2;
const ALL_BUT_GLOBAL = 3;

/** Checks an INVPCID descriptor for its type. */
function isLegalDescriptor(c: Processor, type: number, words: readonly number[]): boolean {
  const pcid = words[0]! & 0xfff;
  if ((words[0]! & ~0xfff) !== 0 || words[1] !== 0) return false;
  if (type === ONE_ADDRESS && !fitsLinearWidth(c, words[3]!)) return false;
  return type > ONE_CONTEXT || pcid === 0 || (c.s[S.CR4]! & CR4_PCIDE) !== 0;
}

const invpcid: Executor = (c, i) => {
  if (!hasFeature(c, "invpcid")) return raise(c, UD);
  const allowed = intercepted(c, i, INTERCEPT.invpcid, ENABLE_CHECK);
  if (allowed !== STATUS_NEXT) return allowed;
  if (inVirtual8086(c)) return raise(c, GP, 0);
  if (notPrivileged(c)) return STATUS_ABORTED;
  const status = intercepted(c, i, INTERCEPT.invpcid);
  if (status !== STATUS_NEXT) return status;
  const type = readOperand(c, i, 0) >>> 0;
  const beyond = type > ALL_BUT_GLOBAL || c.hi !== 0;
  const low = memoryAddress(c, i, 16, ACCESS_READ);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  const words = loadWords(c, { low, high: c.hi }, 0, 4);
  if (words === null) return STATUS_ABORTED;
  if (beyond || !isLegalDescriptor(c, type, words)) return raise(c, GP, 0);
  if (type === ONE_ADDRESS) c.mmu.flushPage(words[2]!, words[3]!);
  else if (type === ALL_WITH_GLOBAL) c.mmu.flushContext(c.s[S.TLB_CONTEXT]!);
  else c.mmu.flushNonGlobal();
  return STATUS_NEXT;
};

function privilegedNothing(id: number): Executor {
  return (c, i) => (notPrivileged(c) ? STATUS_ABORTED : intercepted(c, i, id));
}

/** Cache-line instructions touch their byte as a load does and change nothing else. */
const touch: Executor = (c, i) => {
  const low = memoryAddress(c, i, 1, ACCESS_READ);
  if (c.fault === FAULT_NONE) c.load8(low, c.hi);
  return c.fault === FAULT_NONE ? STATUS_NEXT : STATUS_ABORTED;
};

function touchWith(feature: "clflush" | "clflushopt" | "clwb"): Executor {
  return (c, i) => (hasFeature(c, feature) ? touch(c, i) : raise(c, UD));
}

const nothing: Executor = () => STATUS_NEXT;

/** Instructions that only hint or order. */
export const CACHE_AND_ORDER: Readonly<Record<string, Executor>> = {
  clflush: touchWith("clflush"),
  clflushopt: touchWith("clflushopt"),
  clwb: touchWith("clwb"),
  cldemote: nothing,
  prefetch: nothing,
  prefetchw: nothing,
  prefetchwt1: nothing,
  prefetchit0: nothing,
  prefetchit1: nothing,
  prefetchnta: nothing,
  prefetcht0: nothing,
  prefetcht1: nothing,
  prefetcht2: nothing,
  lfence: nothing,
  mfence: nothing,
  serialize: nothing,
  sfence: nothing,
  pause: (c, i) => intercepted(c, i, INTERCEPT.pause),
};

/** TLB and cache control. SDM 2 "Instruction Set Reference". */
export const TRANSLATION_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  invlpg,
  invpcid,
  wbinvd: privilegedNothing(INTERCEPT.wbinvd),
  wbnoinvd: privilegedNothing(INTERCEPT.wbinvd),
  invd: privilegedNothing(INTERCEPT.invd),
  ...CACHE_AND_ORDER,
};
