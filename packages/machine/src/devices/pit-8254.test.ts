import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";
import { clockAt, tickOfClock } from "../time.ts";

const HERTZ = 1_193_182;

function program(board: Board, counter: number, control: number, ...count: readonly number[]): void {
  board.out(0x43, (counter << 6) | control);
  for (const byte of count) board.out(0x40 + counter, byte);
}

function latch(board: Board, counter: number): number {
  board.out(0x43, counter << 6);
  return board.in(0x40 + counter) | (board.in(0x40 + counter) << 8);
}

/** Lets a number of the timer's clocks pass. */
function passClocks(board: Board, clocks: number): void {
  board.runTo(tickOfClock(clockAt(board.time, HERTZ) + clocks, HERTZ));
}

/** Clocks at which IRQ 0 came in the next `clocks`. */
function interrupts(board: Board, clocks: number): number[] {
  const start = clockAt(board.time, HERTZ);
  const seen: number[] = [];
  for (let done = 0; done < clocks; done++) {
    passClocks(board, 1);
    if (!board.interrupt) continue;
    board.acknowledge();
    board.out(0x20, 0x20);
    seen.push(clockAt(board.time, HERTZ) - start);
  }
  return seen;
}

function boardWithTimer(): Board {
  const board = new Board();
  board.initializePics(1);
  return board;
}

describe("counter 0", () => {
  test.each([
    ["0: once", 0x30, [100]],
    ["1: never, its gate does not rise", 0x32, []],
    ["2: periodically", 0x34, [100, 200, 300]],
    ["3: periodically", 0x36, [100, 200, 300]],
    ["4: once, behind the strobe", 0x38, [101]],
    ["5: never", 0x3a, []],
    ["6 is 2", 0x3c, [100, 200, 300]],
  ])("mode %s", (_name, control, expected) => {
    const board = boardWithTimer();
    program(board, 0, control, 100, 0);
    expect(interrupts(board, 350)).toEqual(expected);
  });

  test("mode 0 stands until both bytes of a new count are there", () => {
    const board = boardWithTimer();
    program(board, 0, 0x30, 50, 0);
    passClocks(board, 20);
    board.out(0x40, 40);
    expect(interrupts(board, 100)).toEqual([]);
    board.out(0x40, 0);
    expect(interrupts(board, 100)).toEqual([40]);
  });

  test("a new count in mode 2 takes effect at the end of the period", () => {
    const board = boardWithTimer();
    program(board, 0, 0x34, 100, 0);
    passClocks(board, 30);
    board.outs([0x40, 50], [0x40, 0]);
    expect(interrupts(board, 200)).toEqual([70, 120, 170]);
  });

  test("masked everywhere it has no deadline; what passed unheard is one request", () => {
    const board = new Board();
    board.initializePics(0);
    program(board, 0, 0x34, 100, 0);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
    passClocks(board, 1000);
    board.out(0x21, 0xfe);
    expect(board.acknowledge()).toBe(0x20);
    board.out(0x20, 0x20);
    expect(board.interrupt).toBe(false);
    expect(board.pc.deadline).toBe(tickOfClock(1100, HERTZ));
  });
});

describe("reading", () => {
  test.each([
    ["mode 0 counts through zero", 0x30, 30, 0x0010 - 30],
    ["mode 2 begins again", 0x34, 30, 2],
    ["mode 3 counts by two", 0x36, 5, 6],
    ["BCD", 0x31, 3, 0x07],
  ])("%s", (_name, control, clocks, expected) => {
    const board = new Board();
    program(board, 0, control, 0x10, 0);
    passClocks(board, clocks);
    expect(latch(board, 0)).toBe(expected & 0xffff);
  });

  test("a latched count stays until it is read, low byte before high", () => {
    const board = new Board();
    program(board, 0, 0x34, 0x34, 0x12);
    board.out(0x43, 0x00);
    passClocks(board, 100);
    expect([board.in(0x40), board.in(0x40)]).toEqual([0x34, 0x12]);
    expect(board.in(0x40)).toBe((0x1234 - 100) & 0xff);
  });

  test("a processor whose time is behind reads the count as it was loaded", () => {
    const board = new Board();
    board.time = 100_000;
    program(board, 0, 0x34, 0x34, 0x12);
    board.time = 50_000;
    expect(latch(board, 0)).toBe(0x1234);
  });

  test("count 0 is 65536", () => {
    const board = boardWithTimer();
    program(board, 0, 0x34, 0, 0);
    expect(board.pc.deadline).toBe(tickOfClock(65536, HERTZ));
  });

  test("read-back latches status, then count", () => {
    const board = new Board();
    program(board, 2, 0xb0 & 0x3f, 0x00);
    board.out(0x43, 0xe8);
    expect(board.in(0x42)).toBe(0x70);
    board.out(0x42, 0x01);
    board.out(0x61, 0x01);
    passClocks(board, 1);
    board.out(0x43, 0xc8);
    expect(board.in(0x42)).toBe(0x30);
    expect(board.in(0x42) | (board.in(0x42) << 8)).toBe(0xff);
    passClocks(board, 0x200);
    board.out(0x43, 0xe8);
    expect(board.in(0x42)).toBe(0xb0);
  });
});

describe("counter 2 and port 0x61", () => {
  test("the gate holds the count and its output can be read", () => {
    const board = new Board();
    board.out(0x61, 0);
    program(board, 2, 0x30, 100, 0);
    passClocks(board, 500);
    expect(board.in(0x61) & 0x23).toBe(0x00);
    expect(latch(board, 2)).toBe(100);
    board.out(0x61, 1);
    passClocks(board, 99);
    expect(board.in(0x61) & 0x21).toBe(0x01);
    passClocks(board, 1);
    expect(board.in(0x61) & 0x21).toBe(0x21);
  });

  test("in mode 1 the gate's rising edge starts it, again and again", () => {
    const board = new Board();
    program(board, 2, 0x32, 10, 0);
    for (const _again of [1, 2]) {
      board.out(0x61, 0);
      board.out(0x61, 1);
      expect(board.in(0x61) & 0x20).toBe(0);
      passClocks(board, 10);
      expect(board.in(0x61) & 0x20).toBe(0x20);
    }
  });

  test("mode 3 is a square wave", () => {
    const board = new Board();
    board.out(0x61, 1);
    program(board, 2, 0x36, 5, 0);
    const wave = Array.from({ length: 10 }, () => {
      const high = (board.in(0x61) & 0x20) !== 0;
      passClocks(board, 1);
      return high ? "-" : "_";
    });
    expect(wave.join("")).toBe("---__---__");
  });

  test("the refresh bit toggles every 18 clocks", () => {
    const board = new Board();
    const before = board.in(0x61) & 0x10;
    passClocks(board, 18);
    expect(board.in(0x61) & 0x10).not.toBe(before);
  });
});
