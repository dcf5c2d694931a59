import { describe, expect, test } from "vitest";
import { clockAt, TICKS_PER_SECOND, tickOfClock } from "./time.ts";

describe("oscillators", () => {
  test.each([1_193_182, 3_579_545, 32_768])(
    "at %i Hz the tick of a clock is the first at which it has passed",
    (hertz) => {
      for (let clock = 1; clock < hertz * 1e7; clock = clock * 3 + 1) {
        const tick = tickOfClock(clock, hertz);
        expect(clockAt(tick, hertz)).toBe(clock);
        expect(clockAt(tick - 1, hertz)).toBe(clock - 1);
      }
      expect(tickOfClock(hertz * 7, hertz)).toBe(7 * TICKS_PER_SECOND);
    },
  );
});
