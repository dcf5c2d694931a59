import { describe, expect, test } from "vitest";
import { parseSchedule, ScheduleError, scheduleText } from "./schedule.ts";

describe("a schedule", () => {
  test.each([
    ["", "default"],
    ["default", "default"],
    ["signal@1234", "signal@1234"],
    [" signal@1234.2  nmi@5 ", "signal@1234.2,nmi@5"],
    ["irq:49@1/88,turn:1@7,host-irq@0", "irq:0x31@1/88,turn:1@7,host-irq@0"],
    ["IRQ:0xFF@0/3.0", "irq:0xff@3"],
    ["pause@7,reclaim@7 migrate@1/9.2", "pause@7,reclaim@7,migrate@1/9.2"],
  ])("%j is spelled %s", (text, spelled) => {
    const schedule = parseSchedule(text);
    expect(scheduleText(schedule)).toBe(spelled);
    expect(parseSchedule(spelled)).toEqual(schedule);
  });

  test.each([
    ["signal", /"signal" is not of the form/],
    ["signal@x", /signal@x/],
    ["sigal@3", /unknown event "sigal".*signal, host-irq/],
    ["irq@3", /needs a vector from 0x10/],
    ["irq:3@3", /needs a vector/],
    ["turn@3", /needs the processor/],
    ["nmi:2@3", /takes no argument/],
    ["default,signal@3", /"default" is not of the form/],
  ])("%j is refused", (text, message) => {
    expect(() => parseSchedule(text)).toThrow(ScheduleError);
    expect(() => parseSchedule(text)).toThrow(message);
  });
});
