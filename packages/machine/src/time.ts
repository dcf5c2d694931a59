/** Guest time is counted work: this many retired instructions pass for a microsecond. The TSC counts the same ticks. */
export const TICKS_PER_MICROSECOND = 100;

export const TICKS_PER_SECOND = TICKS_PER_MICROSECOND * 1_000_000;

/** Whole periods of an oscillator of `hertz` that have passed at a tick. Exact, as is its inverse. */
export function clockAt(tick: number, hertz: number): number {
  const seconds = Math.floor(tick / TICKS_PER_SECOND);
  return seconds * hertz + Math.floor(((tick - seconds * TICKS_PER_SECOND) * hertz) / TICKS_PER_SECOND);
}

/** First tick at which `clock` periods have passed. */
export function tickOfClock(clock: number, hertz: number): number {
  const seconds = Math.floor(clock / hertz);
  return seconds * TICKS_PER_SECOND + Math.ceil(((clock - seconds * hertz) * TICKS_PER_SECOND) / hertz);
}
