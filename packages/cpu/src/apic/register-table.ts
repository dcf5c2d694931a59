import type { Processor } from "../processor.ts";
import { sendCommand, sendSelf, xapicDestination } from "./command.ts";
import * as R from "./registers.ts";
import { N } from "./registers.ts";
import { currentCount, setDivide, setTimerEntry, startTimer } from "./timer.ts";

/** One register. Without `read` or `write` that access is illegal. `x2` restricts it to one of the modes: absent, both. */
export interface ApicRegister {
  readonly x2?: boolean;
  readonly read?: (c: Processor, now: number) => number;
  readonly write?: (c: Processor, value: number, now: number) => void;
  /** Access in x2APIC mode where it differs: bits that must be zero (else #GP), or no write at all. */
  readonly x2Reserved?: number;
  readonly x2ReadOnly?: boolean;
}

const VERSION = 0x50014;
const VERSION_AMD = 0x50010;
const DFR_MODEL = 0xf0000000;
const DFR_ONES = 0x0fffffff;
const LDR_BITS = 0xff000000;
/** Enable, focus checking disabled, vector. */
const SVR_BITS = 0x3ff;

/** Bits of a local-vector-table entry that software may set, by register. */
const TIMER_BITS = 0x700ff;
const SENSOR_BITS = 0x107ff;
const LINT_BITS = 0x1a7ff;
const ERROR_BITS = 0x100ff;

function kept(word: number): Pick<ApicRegister, "read"> {
  return { read: (c) => c.s[word]! };
}

/** While the APIC is software-disabled the mask bits cannot be cleared. */
function vectorEntry(word: number, bits: number, set?: (c: Processor, value: number) => void): ApicRegister {
  return {
    ...kept(word),
    write: (c, value) => {
      const entry = (value & bits) | (c.apic.softwareEnabled ? 0 : R.MASKED);
      if (set === undefined) c.s[word] = entry;
      else set(c, entry);
      c.apic.update();
    },
    x2Reserved: ~bits & ~(1 << 12) & ~(1 << 14),
  };
}

const LOCAL_VECTOR_TABLE = [
  R.LVT_TIMER,
  R.LVT_THERMAL,
  R.LVT_PERFORMANCE,
  R.LVT_LINT0,
  R.LVT_LINT1,
  R.LVT_ERROR,
] as const;

/** Spurious-interrupt vector register. Disabling by software masks the local vector table. */
function writeSpurious(c: Processor, value: number): void {
  c.s[R.SPURIOUS] = value & SVR_BITS;
  if ((value & R.SOFTWARE_ENABLE) === 0) for (const word of LOCAL_VECTOR_TABLE) c.s[word]! |= R.MASKED;
  c.apic.update();
}

/** Any write hands over what has been seen since the last. */
function writeErrorStatus(c: Processor): void {
  c.s[R.ERROR_STATUS] = c.s[R.ERRORS_SEEN]!;
  c.s[R.ERRORS_SEEN] = 0;
}

function readLogicalDestination(c: Processor): number {
  return c.apic.inX2Mode ? c.apic.x2LogicalId : c.s[R.LOGICAL_DESTINATION]!;
}

const ICR_RESERVED = 0xfff33000;

const SINGLE: readonly [number, ApicRegister][] = [
  [N.id, { read: (c) => (c.apic.inX2Mode ? c.apicId : c.apicId << 24), write: () => {}, x2ReadOnly: true }],
  [N.version, { read: (c) => (c.model.vendor === "amd" ? VERSION_AMD : VERSION), write: () => {}, x2ReadOnly: true }],
  [N.tpr, { ...kept(R.TPR), write: (c, value) => c.apic.setTaskPriority(value), x2Reserved: ~0xff }],
  [N.apr, { x2: false, read: (c) => c.apic.processorPriority, write: () => {} }],
  [N.ppr, { read: (c) => c.apic.processorPriority, write: () => {}, x2ReadOnly: true }],
  [N.eoi, { write: (c) => c.apic.endOfInterrupt(), x2Reserved: -1 }],
  [N.remoteRead, { x2: false, read: () => 0, write: () => {} }],
  [
    N.ldr,
    {
      read: readLogicalDestination,
      write: (c, value) => {
        c.s[R.LOGICAL_DESTINATION] = value & LDR_BITS;
      },
      x2ReadOnly: true,
    },
  ],
  [
    N.dfr,
    {
      x2: false,
      ...kept(R.DESTINATION_FORMAT),
      write: (c, value) => {
        c.s[R.DESTINATION_FORMAT] = (value & DFR_MODEL) | DFR_ONES;
      },
    },
  ],
  [N.svr, { ...kept(R.SPURIOUS), write: writeSpurious, x2Reserved: ~SVR_BITS & ~(1 << 12) }],
  [N.esr, { ...kept(R.ERROR_STATUS), write: writeErrorStatus, x2Reserved: -1 }],
  [
    N.icr,
    {
      ...kept(R.COMMAND_LOW),
      write: (c, value) => {
        c.s[R.COMMAND_LOW] = value & ~ICR_RESERVED;
        sendCommand(c, value, xapicDestination(c.s[R.COMMAND_HIGH]! >>> 24));
      },
      x2Reserved: ICR_RESERVED,
    },
  ],
  [
    N.icrHigh,
    {
      x2: false,
      ...kept(R.COMMAND_HIGH),
      write: (c, value) => {
        c.s[R.COMMAND_HIGH] = value & 0xff000000;
      },
    },
  ],
  [N.lvtTimer, vectorEntry(R.LVT_TIMER, TIMER_BITS, setTimerEntry)],
  [N.lvtThermal, vectorEntry(R.LVT_THERMAL, SENSOR_BITS)],
  [N.lvtPerformance, vectorEntry(R.LVT_PERFORMANCE, SENSOR_BITS)],
  [N.lvtLint0, vectorEntry(R.LVT_LINT0, LINT_BITS)],
  [N.lvtLint1, vectorEntry(R.LVT_LINT1, LINT_BITS)],
  [N.lvtError, vectorEntry(R.LVT_ERROR, ERROR_BITS)],
  [N.initialCount, { ...kept(R.INITIAL_COUNT), write: startTimer }],
  [N.currentCount, { read: currentCount, write: () => {}, x2ReadOnly: true }],
  [N.divide, { ...kept(R.DIVIDE), write: setDivide, x2Reserved: ~0xb }],
  [N.selfIpi, { x2: true, write: (c, value) => sendSelf(c, value & 0xff), x2Reserved: ~0xff }],
];

function vectorSet(first: number, word: number): [number, ApicRegister][] {
  return Array.from({ length: 8 }, (_, n) => [
    first + n,
    { read: (c: Processor) => c.s[word + n]!, write: () => {}, x2ReadOnly: true },
  ]);
}

/** The registers by number (SDM 3A "Local APIC Register Address Map" and "x2APIC Register Address Space"). */
export const APIC_REGISTERS: ReadonlyMap<number, ApicRegister> = new Map([
  ...SINGLE,
  ...vectorSet(N.isr, R.IN_SERVICE),
  ...vectorSet(N.tmr, R.TRIGGER_MODE),
  ...vectorSet(N.irr, R.REQUESTS),
]);
