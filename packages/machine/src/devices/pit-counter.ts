/** One of the three counters of an 8254, as plain data. Clocks are periods of the timer's input. */
export interface Counter {
  mode: number;
  bcd: boolean;
  /** 1 low byte, 2 high byte, 3 low then high. */
  access: number;
  /** What it counts down from, 1-65536. */
  count: number;
  /** Clock at which the count was loaded or triggered; negative: not counting. */
  startedAt: number;
  /** Clocks that had been counted when the gate stopped it; negative: not stopped. */
  heldAt: number;
  gate: boolean;
  /** A count that takes effect at the end of the period, at clock `nextAt`; 0: none. */
  next: number;
  nextAt: number;
  /** First byte of a count of two bytes; negative: none. */
  lowByte: number;
  readHigh: boolean;
  /** Latched count and status; negative: not latched. */
  latched: number;
  status: number;
}

export function createCounter(gate: boolean): Counter {
  return {
    mode: 3,
    bcd: false,
    access: 3,
    count: 0x10000,
    startedAt: -1,
    heldAt: -1,
    gate,
    next: 0,
    nextAt: 0,
    lowByte: -1,
    readHigh: false,
    latched: -1,
    status: -1,
  };
}

/** Modes 2 and 3 begin again by themselves. */
function isPeriodic(counter: Counter): boolean {
  return counter.mode === 2 || counter.mode === 3;
}

/** Modes 1 and 5 begin with a rising edge of the gate. */
function isTriggered(counter: Counter): boolean {
  return counter.mode === 1 || counter.mode === 5;
}

/** Puts a count into effect that waited for the end of the period. */
function settle(counter: Counter, clock: number): void {
  if (counter.next === 0 || clock < counter.nextAt) return;
  counter.count = counter.next;
  counter.startedAt = counter.nextAt;
  counter.next = 0;
}

/** Clocks since the count was loaded; 0 if it does not count, or in the eyes of a processor that is behind the one that loaded it. */
function elapsed(counter: Counter, clock: number): number {
  if (counter.heldAt >= 0) return counter.heldAt;
  return counter.startedAt < 0 ? 0 : Math.max(clock - counter.startedAt, 0);
}

/** The counting element, as a latch command reads it. */
export function readCount(counter: Counter, clock: number): number {
  settle(counter, clock);
  const clocks = elapsed(counter, clock);
  const range = counter.bcd ? 10000 : 0x10000;
  let value = counter.count - clocks;
  if (counter.mode === 2) value = counter.count - (clocks % counter.count);
  else if (counter.mode === 3) value = counter.count - ((2 * clocks) % counter.count);
  value = ((value % range) + range) % range;
  return counter.bcd ? toBcd(value) : value;
}

/** The OUT pin. */
export function readOut(counter: Counter, clock: number): boolean {
  settle(counter, clock);
  const { count, mode } = counter;
  if (counter.startedAt < 0) return mode !== 0;
  if (counter.heldAt >= 0 && isPeriodic(counter)) return true;
  const clocks = elapsed(counter, clock);
  if (mode === 2) return clocks % count !== count - 1;
  if (mode === 3) return clocks % count < (count + 1) >> 1;
  return mode < 2 ? clocks >= count : clocks !== count;
}

/** A control word: the counter stops until a count is written. */
export function setMode(counter: Counter, control: number): void {
  const mode = (control >>> 1) & 7;
  Object.assign(counter, createCounter(counter.gate), {
    access: (control >>> 4) & 3,
    mode: mode > 5 ? mode & 3 : mode,
    bcd: (control & 1) !== 0,
  });
}

/** Writes one byte of a count. True when the count is complete. */
export function writeByte(counter: Counter, value: number, clock: number): boolean {
  settle(counter, clock);
  if (counter.access === 3 && counter.lowByte < 0) {
    counter.lowByte = value;
    if (counter.mode === 0) counter.startedAt = -1;
    return false;
  }
  const raw =
    counter.access === 1 ? value : counter.access === 2 ? value << 8 : Math.max(counter.lowByte, 0) | (value << 8);
  counter.lowByte = -1;
  load(counter, counter.bcd ? fromBcd(raw) || 10000 : raw || 0x10000, clock);
  return true;
}

function load(counter: Counter, count: number, clock: number): void {
  if (isPeriodic(counter) && counter.startedAt >= 0 && counter.heldAt < 0) {
    counter.next = count;
    counter.nextAt = counter.startedAt + (Math.floor((clock - counter.startedAt) / counter.count) + 1) * counter.count;
    return;
  }
  counter.count = count;
  if (isTriggered(counter)) return;
  counter.startedAt = clock;
  counter.heldAt = counter.gate ? -1 : 0;
}

/** Drives the GATE pin. */
export function setGate(counter: Counter, gate: boolean, clock: number): void {
  settle(counter, clock);
  if (gate === counter.gate) return;
  counter.gate = gate;
  if (isTriggered(counter)) {
    if (gate) counter.startedAt = clock;
  } else if (counter.startedAt < 0) return;
  else if (!gate) counter.heldAt = clock - counter.startedAt;
  else {
    counter.startedAt = isPeriodic(counter) ? clock : clock - counter.heldAt;
    counter.heldAt = -1;
  }
}

/** Clock of the first rising edge of OUT after `clock`; infinity if there is none. */
export function nextRise(counter: Counter, clock: number): number {
  settle(counter, clock);
  const { count, startedAt, mode } = counter;
  if (startedAt < 0 || counter.heldAt >= 0) return Number.POSITIVE_INFINITY;
  if (isPeriodic(counter)) return startedAt + (Math.floor((clock - startedAt) / count) + 1) * count;
  const rise = startedAt + count + (mode >= 4 ? 1 : 0);
  return rise > clock ? rise : Number.POSITIVE_INFINITY;
}

function fromBcd(raw: number): number {
  return (raw >>> 12) * 1000 + ((raw >>> 8) & 15) * 100 + ((raw >>> 4) & 15) * 10 + (raw & 15);
}

function toBcd(value: number): number {
  return (
    (Math.floor(value / 1000) << 12) |
    (Math.floor((value / 100) % 10) << 8) |
    (Math.floor((value / 10) % 10) << 4) |
    (value % 10)
  );
}
