import type { Processor } from "../processor.ts";
import { APIC_REGISTERS } from "./register-table.ts";
import * as R from "./registers.ts";
import { N } from "./registers.ts";
import { divisor, setExpiry } from "./timer.ts";
import { vectorsOf } from "./vector-set.ts";

/*
 * The registers of the local APIC as one page, for whoever moves a processor's state elsewhere: each at the first word of its 16 bytes.
 */

const REGISTERS = 64;
const VECTOR_WORDS = 8;

/** Registers that are nothing but a word of the state. */
const WORDS: readonly (readonly [register: number, word: number])[] = [
  [N.ldr, R.LOGICAL_DESTINATION],
  [N.dfr, R.DESTINATION_FORMAT],
  [N.svr, R.SPURIOUS],
  [N.esr, R.ERROR_STATUS],
  [N.icr, R.COMMAND_LOW],
  [N.icrHigh, R.COMMAND_HIGH],
  [N.lvtTimer, R.LVT_TIMER],
  [N.lvtThermal, R.LVT_THERMAL],
  [N.lvtPerformance, R.LVT_PERFORMANCE],
  [N.lvtLint0, R.LVT_LINT0],
  [N.lvtLint1, R.LVT_LINT1],
  [N.lvtError, R.LVT_ERROR],
  [N.initialCount, R.INITIAL_COUNT],
  [N.divide, R.DIVIDE],
  ...[N.isr, N.tmr, N.irr].flatMap((first, set) =>
    Array.from(
      { length: VECTOR_WORDS },
      (_, at) => [first + at, [R.IN_SERVICE, R.TRIGGER_MODE, R.REQUESTS][set]! + at] as const,
    ),
  ),
];

/** What each register reads, by number. */
export function readRegisterPage(c: Processor): Int32Array {
  const page = new Int32Array(REGISTERS);
  for (const [number, { read }] of APIC_REGISTERS) if (read !== undefined) page[number] = read(c, c.exactTime());
  for (const [number, word] of WORDS) page[number] = c.s[word]!;
  return page;
}

/** Sets the registers, with nothing happening by that. The timer goes on where its count stands. */
export function writeRegisterPage(c: Processor, page: Int32Array): void {
  for (const [number, word] of WORDS) c.s[word] = page[number]!;
  const left = page[N.currentCount]! >>> 0;
  setExpiry(c, left === 0 ? Number.POSITIVE_INFINITY : c.exactTime() + left * divisor(c));
  c.apic.setTaskPriority(page[N.tpr]!);
}

/** Vectors that are requested of the local APIC in a processor's state area and have not been taken. */
export function requestedVectors(area: Int32Array): readonly number[] {
  return vectorsOf(area, R.REQUESTS);
}
