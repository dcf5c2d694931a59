import { type Executor, STATUS_ABORTED, STATUS_NEXT } from "../op.ts";
import { FAULT_NONE } from "../processor.ts";
import { ES } from "../state-layout.ts";
import { ACCESS_READ, ACCESS_WRITE } from "../virtualization.ts";
import { GP, raise } from "./exceptions.ts";
import { loadWords, storeWords } from "./linear-bytes.ts";
import { memoryAddress, readOperand, segmentAddress } from "./operands.ts";

const BYTES = 64;

/** The destination is an address in a register, in ES outside 64-bit mode, and aligned; so it lies in one page. */
const movdir64b: Executor = (c, i) => {
  const from = memoryAddress(c, i, BYTES, ACCESS_READ);
  const source = { low: from, high: c.hi };
  const words = c.fault === FAULT_NONE ? loadWords(c, source, 0, BYTES / 4) : null;
  if (words === null) return STATUS_ABORTED;
  const offset = readOperand(c, i, 0);
  const to = segmentAddress(c, ES, offset, c.hi, BYTES, ACCESS_WRITE);
  const target = { low: to, high: c.hi };
  if (c.fault !== FAULT_NONE) return STATUS_ABORTED;
  if ((to & (BYTES - 1)) !== 0) return raise(c, GP, 0);
  return storeWords(c, target, 0, words) ? STATUS_NEXT : STATUS_ABORTED;
};

/** SDM 2B "MOVDIR64B—Move 64 Bytes as Direct Store". */
export const DIRECT_STORES: Readonly<Record<string, Executor>> = { movdir64b };
