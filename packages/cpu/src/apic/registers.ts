import { LOCAL_APIC } from "../state-layout.ts";

/*
 * Where the local APIC's registers lie in the processor's state (SDM 3A "Local APIC Register Address Map"), and what the bits are called.
 */

/** The task-priority register; CR8 is its upper half. */
export const TPR = LOCAL_APIC;
export const LOGICAL_DESTINATION = LOCAL_APIC + 1;
export const DESTINATION_FORMAT = LOCAL_APIC + 2;
export const SPURIOUS = LOCAL_APIC + 3;
/** What software reads: errors up to its last write of the register. */
export const ERROR_STATUS = LOCAL_APIC + 4;
/** Errors since then. */
export const ERRORS_SEEN = LOCAL_APIC + 5;
export const COMMAND_LOW = LOCAL_APIC + 6;
export const COMMAND_HIGH = LOCAL_APIC + 7;
export const LVT_TIMER = LOCAL_APIC + 8;
export const LVT_THERMAL = LOCAL_APIC + 9;
export const LVT_PERFORMANCE = LOCAL_APIC + 10;
export const LVT_LINT0 = LOCAL_APIC + 11;
export const LVT_LINT1 = LOCAL_APIC + 12;
export const LVT_ERROR = LOCAL_APIC + 13;
export const INITIAL_COUNT = LOCAL_APIC + 14;
export const DIVIDE = LOCAL_APIC + 15;
/** IA32_TSC_DEADLINE as it was written, two words; zero when not armed. */
export const TSC_DEADLINE = LOCAL_APIC + 16;
/** Tick at which the timer began to count, and at which it fires next, as float64. */
export const TIMER_START = LOCAL_APIC + 18;
export const TIMER_EXPIRY = LOCAL_APIC + 20;
/** Eight words each. */
export const IN_SERVICE = LOCAL_APIC + 24;
export const TRIGGER_MODE = LOCAL_APIC + 32;
export const REQUESTS = LOCAL_APIC + 40;
export const REGISTER_WORDS = 48;

export const MASKED = 1 << 16;
export const SOFTWARE_ENABLE = 1 << 8;
export const TIMER_MODE_SHIFT = 17;
export const TIMER_PERIODIC = 1;
export const TIMER_TSC_DEADLINE = 2;

export const ERROR_SEND_VECTOR = 1 << 5;
export const ERROR_RECEIVE_VECTOR = 1 << 6;
export const ERROR_REGISTER = 1 << 7;

/** Numbers of registers: bits 11:4 of the offset in the page, and of the MSR number from 800H on. */
export const N = {
  id: 0x02,
  version: 0x03,
  tpr: 0x08,
  apr: 0x09,
  ppr: 0x0a,
  eoi: 0x0b,
  remoteRead: 0x0c,
  ldr: 0x0d,
  dfr: 0x0e,
  svr: 0x0f,
  isr: 0x10,
  tmr: 0x18,
  irr: 0x20,
  esr: 0x28,
  icr: 0x30,
  icrHigh: 0x31,
  lvtTimer: 0x32,
  lvtThermal: 0x33,
  lvtPerformance: 0x34,
  lvtLint0: 0x35,
  lvtLint1: 0x36,
  lvtError: 0x37,
  initialCount: 0x38,
  currentCount: 0x39,
  divide: 0x3e,
  selfIpi: 0x3f,
} as const;
