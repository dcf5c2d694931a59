import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";
import { TICKS_PER_MICROSECOND, TICKS_PER_SECOND, tickOfClock } from "../time.ts";

const TIME = [0x32, 9, 8, 7, 6, 4, 2, 0] as const;

/** Century, year, month, day, day of the week, hours, minutes, seconds as the registers show them, in hexadecimal. */
function timeOf(board: Board): string {
  return TIME.map((register) => board.readCmos(register).toString(16).padStart(2, "0")).join(" ");
}

function setTime(board: Board, text: string): void {
  text.split(" ").forEach((value, at) => {
    board.writeCmos(TIME[at]!, Number.parseInt(value, 16));
  });
}

/** A board whose IRQ 8 gets through. */
function listening(registerB: number): Board {
  const board = new Board();
  board.initializePics(0x0104);
  board.writeCmos(11, registerB);
  return board;
}

describe("the time", () => {
  test("starts at the beginning of 2024 and counts on", () => {
    const board = new Board();
    expect(timeOf(board)).toBe("20 24 01 01 02 00 00 00");
    board.time = 3_725 * TICKS_PER_SECOND;
    expect(timeOf(board)).toBe("20 24 01 01 02 01 02 05");
  });

  test.each([
    ["20 24 02 28 04 23 59 59", "20 24 02 29 05 00 00 00"],
    ["20 23 02 28 03 23 59 59", "20 23 03 01 04 00 00 00"],
    ["19 99 12 31 07 23 59 59", "20 00 01 01 01 00 00 00"],
    ["20 24 04 30 03 23 59 59", "20 24 05 01 04 00 00 00"],
    ["20 24 01 09 03 09 09 09", "20 24 01 09 03 09 09 10"],
  ])("one second behind %s is %s", (before, after) => {
    const board = new Board();
    setTime(board, before);
    board.time = TICKS_PER_SECOND;
    expect(timeOf(board)).toBe(after);
  });

  test.each([
    ["binary", 0x06, "20 18 0c 1f 07 17 3b 3b", "20 19 01 01 01 00 00 00"],
    ["12 hours, noon", 0x00, "20 24 12 31 07 11 59 59", "20 24 12 31 07 92 00 00"],
    ["12 hours, midnight", 0x00, "20 24 12 31 07 91 59 59", "20 25 01 01 01 12 00 00"],
    ["12 hours, one o'clock", 0x00, "20 24 12 31 07 92 59 59", "20 24 12 31 07 81 00 00"],
  ])("in the data mode of %s", (_name, mode, before, after) => {
    const board = new Board();
    board.writeCmos(11, mode);
    setTime(board, before);
    board.time = TICKS_PER_SECOND;
    expect(timeOf(board)).toBe(after);
  });

  test("stands while it is being set", () => {
    const board = new Board();
    board.writeCmos(11, 0x82);
    board.time = 5 * TICKS_PER_SECOND;
    expect(timeOf(board)).toBe("20 24 01 01 02 00 00 00");
    board.writeCmos(11, 0x02);
    board.time += TICKS_PER_SECOND;
    expect(board.readCmos(0)).toBe(0x01);
  });

  test("a divider that is started changes the time half a second later", () => {
    const board = new Board();
    board.writeCmos(10, 0x76);
    board.time = 3 * TICKS_PER_SECOND;
    board.writeCmos(10, 0x26);
    board.time += TICKS_PER_SECOND / 2;
    expect(board.readCmos(0)).toBe(0x01);
  });

  test("update in progress warns 244 microseconds before", () => {
    const board = new Board();
    board.time = TICKS_PER_SECOND - 244 * TICKS_PER_MICROSECOND - 1;
    expect(board.readCmos(10)).toBe(0x26);
    board.time++;
    expect(board.readCmos(10)).toBe(0xa6);
    board.time = TICKS_PER_SECOND;
    expect(board.readCmos(10)).toBe(0x26);
  });
});

describe("interrupts", () => {
  test.each([
    [6, 32],
    [15, 16384],
    [3, 4],
    [1, 128],
  ])("rate %i is periodic every %i clocks of 32768 Hz", (rate, clocks) => {
    const board = listening(0x42);
    board.writeCmos(10, 0x20 | rate);
    for (let period = 1; period <= 3; period++) {
      const tick = tickOfClock(period * clocks, 32768);
      expect(board.pc.deadline).toBe(tick);
      board.runTo(tick);
      expect(board.acknowledge()).toBe(0x28);
      board.outs([0xa0, 0x20], [0x20, 0x20]);
      expect(board.readCmos(12) & 0xc0).toBe(0xc0);
    }
  });

  test("the line stays until register C is read, which clears the flags", () => {
    const board = listening(0x12);
    board.runTo(2 * TICKS_PER_SECOND);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(board.readCmos(12)).toBe(0xd0);
    expect(board.readCmos(12)).toBe(0x00);
    expect(board.pc.deadline).toBe(3 * TICKS_PER_SECOND);
  });

  test.each([
    ["in three seconds", [0x03, 0x00, 0x00], 3],
    ["at any second of a minute", [0xff, 0x01, 0x00], 60],
    ["whenever", [0xc0, 0xc0, 0xc0], 1],
    ["a day later", [0x00, 0x00, 0x00], 86_400],
  ])("an alarm %s", (_name, [seconds, minutes, hours], expected) => {
    const board = listening(0x22);
    board.writeCmos(1, seconds!);
    board.writeCmos(3, minutes!);
    board.writeCmos(5, hours!);
    expect(board.pc.deadline).toBe(expected * TICKS_PER_SECOND);
    board.runTo(expected * TICKS_PER_SECOND);
    expect(board.acknowledge()).toBe(0x28);
    expect(board.readCmos(12) & 0xa0).toBe(0xa0);
  });

  test("an alarm for no time of day never comes", () => {
    const board = listening(0x22);
    board.writeCmos(1, 0x61);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test("flags are there without interrupts, too", () => {
    const board = new Board();
    board.time = TICKS_PER_SECOND;
    expect(board.readCmos(12)).toBe(0x50);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the memory", () => {
  test("registers C and D are read only; the rest keeps what is written", () => {
    const board = new Board();
    for (const register of [12, 13, 15, 0x40, 0x7f]) board.writeCmos(register, 0xa5);
    expect([12, 13, 15, 0x40, 0x7f].map((register) => board.readCmos(register))).toEqual([0, 0x80, 0xa5, 0xa5, 0xa5]);
  });

  test("the NMI bit is not part of the index", () => {
    const board = new Board();
    board.writeCmos(0x8f, 0x0a);
    expect(board.readCmos(0x0f)).toBe(0x0a);
  });

  test.each([
    [64, 640, 63 * 1024, 0x300, 0],
    [16, 640, 15 * 1024, 0, 0],
    [5120, 640, 0xffff, 0xbf00, 0x8000],
  ])("tells of %i MiB", (mebibytes, base, extended, above16, above4096) => {
    const board = new Board();
    board.pc.describe({ processors: 4, memory: mebibytes * 0x100000 });
    const word = (at: number) => board.readCmos(at) | (board.readCmos(at + 1) << 8);
    expect([word(0x15), word(0x17), word(0x30), word(0x34)]).toEqual([base, extended, extended, above16]);
    expect(word(0x5b) | (board.readCmos(0x5d) << 16)).toBe(above4096);
    expect(board.readCmos(0x5f)).toBe(3);
  });
});
