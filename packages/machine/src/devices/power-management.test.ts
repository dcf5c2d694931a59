import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";
import { TICKS_PER_SECOND, tickOfClock } from "../time.ts";

const STATUS = 0x600;
const ENABLE = 0x602;
const CONTROL = 0x604;
const TIMER = 0x608;
const GPE = 0xafe0;
const APM = 0xb2;

describe("the PM timer", () => {
  test("counts 3.579545 MHz in 24 bits", () => {
    const board = new Board();
    board.time = TICKS_PER_SECOND;
    expect(board.in(TIMER, 4)).toBe(3_579_545);
    board.time = tickOfClock(2 ** 24 + 5, 3_579_545);
    expect(board.in(TIMER, 4)).toBe(5);
    expect(board.in(TIMER + 1)).toBe(0);
  });

  test("each change of its highest bit sets the timer status and interrupts if it may", () => {
    const board = new Board();
    board.initializePics(0x0204);
    board.out(APM, 0xf1);
    board.out(ENABLE, 1, 2);
    const carry = tickOfClock(2 ** 23, 3_579_545);
    expect(board.pc.deadline).toBe(carry);
    board.runTo(carry);
    expect(board.acknowledge()).toBe(0x29);
    expect(board.in(STATUS, 2)).toBe(1);
    board.out(STATUS, 1, 2);
    expect(board.in(STATUS, 2)).toBe(0);
    expect(board.pc.deadline).toBe(tickOfClock(2 ** 24, 3_579_545));
  });

  test("without the enable bits it has no deadline", () => {
    const board = new Board();
    board.out(ENABLE, 1, 2);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});

test("the APM port hands ACPI over and takes it back", () => {
  const board = new Board();
  board.outs([APM, 0xf1], [APM + 1, 0x5a]);
  expect(board.in(CONTROL, 2)).toBe(1);
  expect([board.in(APM), board.in(APM + 1)]).toEqual([0xf1, 0x5a]);
  board.out(APM, 0xf0);
  expect(board.in(CONTROL, 2)).toBe(0);
});

test("enable and status registers keep only their bits", () => {
  const board = new Board();
  board.out(ENABLE, 0xffff, 2);
  expect(board.in(STATUS, 4)).toBe(0x05210000);
  board.out(GPE, 0xffffffff, 4);
  expect(board.in(GPE, 4)).toBe(0xffff0000);
  board.out(GPE + 3, 0x12);
  expect(board.in(GPE + 2, 2)).toBe(0x12ff);
});

describe("sleeping", () => {
  test.each([
    ["S5", 0x2000, ["power-off"]],
    ["S3", 0x2400, ["suspended"]],
    ["S4", 0x2800, ["power-off"]],
    ["without the enable bit", 0x0400, []],
    ["a type that no state has", 0x3c00, []],
  ])("%s", (_name, control, events) => {
    const board = new Board();
    board.out(CONTROL, control, 2);
    expect(board.events).toEqual(events);
    expect(board.in(CONTROL, 2)).toBe(control & 0x1c00);
  });

  test("an RTC alarm ends it, with the wake status and the firmware's note to resume", () => {
    const board = new Board();
    board.out(ENABLE, 0x400, 2);
    for (const register of [1, 3, 5]) board.writeCmos(register, 0xc0);
    board.writeCmos(11, 0x22);
    board.out(CONTROL, 0x2400, 2);
    board.runTo(TICKS_PER_SECOND - 1);
    expect(board.events).toEqual(["suspended"]);
    board.runTo(TICKS_PER_SECOND);
    expect(board.events).toEqual(["suspended", "reset wake"]);
    expect(board.in(STATUS, 2) & 0x8400).toBe(0x8400);
    expect(board.readCmos(0x0f)).toBe(0xfe);
  });

  test("an alarm that is not a wake event does not", () => {
    const board = new Board();
    for (const register of [1, 3, 5]) board.writeCmos(register, 0xc0);
    board.writeCmos(11, 0x22);
    board.out(CONTROL, 0x2400, 2);
    board.runTo(3 * TICKS_PER_SECOND);
    expect(board.events).toEqual(["suspended"]);
  });
});
