import { writeArithmeticFlags, ZF } from "../flags.ts";
import { type Executor, STATUS_ABORTED, STATUS_NEXT, STATUS_RETIRED } from "../op.ts";
import { CS, GPR, RIP, SEGMENT_LIMIT, SEGMENT_STRIDE, SEGMENTS } from "../state-layout.ts";
import { GP, raise } from "./exceptions.ts";

const CS_LIMIT = SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT_LIMIT;

/**
 * Every transaction aborts at once, for none of the causes that EAX can name. Processors may abort transactions at any time, and software must
 * have a fallback path (SDM 1 "Programming with Intel Transactional Synchronization Extensions").
 */
const xbegin: Executor = (c, i) => {
  const inBounds = c.in64BitMode ? c.isCanonical(i.targetHigh) : i.targetLow >>> 0 <= c.s[CS_LIMIT]! >>> 0;
  if (!inBounds) return raise(c, GP, 0);
  c.s[GPR] = 0;
  c.s[GPR + 1] = 0;
  c.s[RIP] = i.targetLow;
  c.s[RIP + 1] = i.targetHigh;
  return STATUS_RETIRED;
};

/** RTM as seen by code that is never inside a transaction. */
export const TRANSACTIONAL_INSTRUCTIONS: Readonly<Record<string, Executor>> = {
  xbegin,
  xend: (c) => {
    c.raise(GP, 0);
    return STATUS_ABORTED;
  },
  xabort: () => STATUS_NEXT,
  xtest: (c) => {
    writeArithmeticFlags(c.s, ZF);
    return STATUS_NEXT;
  },
};
