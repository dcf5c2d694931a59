import { MSRS } from "@hvdiff/spec";
import { INTERCEPT } from "../intercepts.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { CPL, CR4, GPR } from "../state-layout.ts";
import { ACCESS_WRITE } from "../virtualization.ts";
import { CR4_TSD } from "./control-bits.ts";
import { intercepted, raise, UD } from "./exceptions.ts";
import { storeWords } from "./linear-bytes.ts";
import { storedMsr } from "./msr-storage.ts";
import { implicitSegment, segmentAddress } from "./operands.ts";

const LINE = 64;
const ZEROS: readonly number[] = new Array<number>(LINE / 4).fill(0);
const READABLE: readonly number[] = [MSRS.IA32_MPERF.address, MSRS.IA32_APERF.address];

/** RDPRU: registers that do not exist read as 0. */
const rdpru: Executor = (c, i) => {
  if ((c.s[CR4]! & CR4_TSD) !== 0 && c.s[CPL] !== 0) return raise(c, UD);
  const status = intercepted(c, i, INTERCEPT.rdpru);
  if (status !== STATUS_NEXT) return status;
  const address = READABLE[c.s[GPR + 2]! >>> 0];
  const value = address === undefined ? 0n : storedMsr(c, address);
  c.setGpr(0, value & 0xffff_ffffn);
  c.setGpr(2, value >> 32n);
  return STATUS_NEXT;
};

/** CLZERO: the cache line that holds the byte at rAX. */
const clzero: Executor = (c, i) => {
  const width = i.instruction.addressSize;
  const offset = (width === 16 ? c.s[GPR]! & 0xffff : c.s[GPR]!) & ~(LINE - 1);
  const low = segmentAddress(c, implicitSegment(i), offset, width === 64 ? c.s[GPR + 1]! : 0, LINE, ACCESS_WRITE);
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  return storeWords(c, { low, high: c.hi }, 0, ZEROS) ? STATUS_NEXT : STATUS_ABORTED;
};

/** Small instructions that only AMD processors have. APM 3 "General-Purpose Instruction Reference". */
export const AMD_INSTRUCTIONS: Readonly<Record<string, Executor>> = { rdpru, clzero };
