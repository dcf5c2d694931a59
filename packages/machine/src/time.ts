/** Guest time is counted work: this many retired instructions pass for a microsecond. The TSC counts the same ticks. */
export const TICKS_PER_MICROSECOND = 100;

/** Ticks of one clock of the 8254 (1.193182 MHz). */
export const TICKS_PER_PIT_CLOCK = (TICKS_PER_MICROSECOND * 1_000_000) / 1_193_182;
