import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const HPET = 0xfed00000;
const CONFIG = 0x10;
const STATUS = 0x20;
const COUNTER = 0xf0;
const ENABLE = 1;
const LEGACY = 2;
const LEVEL = 2;
const INTERRUPT = 4;
const PERIODIC = 8;
const VALUE_SET = 0x40;
const BITS_32 = 0x100;

function read(board: Board, register: number): number {
  return board.pc.readMemory(HPET + register, 4) >>> 0;
}

function write(board: Board, register: number, value: number): void {
  board.pc.writeMemory(HPET + register, 4, value);
}

function write64(board: Board, register: number, low: number, high: number): void {
  write(board, register, low);
  write(board, register + 4, high);
}

function timer(index: number): number {
  return 0x100 + 0x20 * index;
}

function route(line: number): number {
  return line << 9;
}

/** A board whose I/O APIC passes the pin on as an edge with vector 0x40 + pin. */
function listening(...pins: readonly number[]): Board {
  const board = new Board();
  for (const pin of pins) board.writeIoApic(0x10 + 2 * pin, 0x40 + pin);
  return board;
}

test("capabilities: three 64-bit timers of 10 ns with legacy replacement, routable to pins 2, 8 and 16-23", () => {
  const board = new Board();
  expect([read(board, 0), read(board, 4)]).toEqual([0x8086a201, 10_000_000]);
  expect([read(board, timer(0)), read(board, timer(0) + 4)]).toEqual([0x30, 0x00ff0104]);
});

describe("the counter", () => {
  test("counts ticks while it is enabled and stands otherwise", () => {
    const board = new Board();
    board.time = 1000;
    expect(read(board, COUNTER)).toBe(0);
    write(board, CONFIG, ENABLE);
    board.time = 1500;
    expect(read(board, COUNTER)).toBe(500);
    write(board, CONFIG, 0);
    board.time = 9000;
    expect(read(board, COUNTER)).toBe(500);
  });

  test("does not go back for a processor whose time is behind", () => {
    const board = new Board();
    board.time = 1000;
    write(board, CONFIG, ENABLE);
    board.time = 900;
    expect([read(board, COUNTER), read(board, COUNTER + 4)]).toEqual([0, 0]);
  });

  test("carries into its high half", () => {
    const board = new Board();
    write64(board, COUNTER, 0xffffff00, 0x12);
    write(board, CONFIG, ENABLE);
    board.time = 0x200;
    expect([read(board, COUNTER), read(board, COUNTER + 4)]).toEqual([0x100, 0x13]);
  });

  test("a byte of it can be read", () => {
    const board = new Board();
    write(board, COUNTER, 0x12345678);
    expect(board.pc.readMemory(HPET + COUNTER + 1, 1)).toBe(0x56);
    expect(board.pc.readMemory(HPET + COUNTER + 2, 2)).toBe(0x1234);
  });
});

describe("one shot", () => {
  test("is an edge at the match, once", () => {
    const board = listening(20);
    write64(board, timer(1) + 8, 700, 0);
    write(board, timer(1), INTERRUPT | route(20));
    write(board, CONFIG, ENABLE);
    expect(board.pc.deadline).toBe(700);
    board.runTo(5000);
    expect(board.messages.map(({ vector }) => vector)).toEqual([0x54]);
    expect(read(board, STATUS)).toBe(0);
  });

  test("with 32 bits comes round", () => {
    const board = listening(20);
    write(board, timer(1), INTERRUPT | BITS_32 | route(20));
    write(board, timer(1) + 8, 700);
    write(board, CONFIG, ENABLE);
    board.runTo(700);
    expect(board.pc.deadline).toBe(700 + 2 ** 32);
  });

  test("a level stays until its status bit is cleared", () => {
    const board = new Board();
    board.writeIoApic(0x10 + 2 * 21, 0x55 | (1 << 15));
    write(board, timer(2) + 8, 100);
    write(board, timer(2) + 12, 0);
    write(board, timer(2), INTERRUPT | LEVEL | route(21));
    write(board, CONFIG, ENABLE);
    board.runTo(200);
    expect(read(board, STATUS)).toBe(4);
    board.pc.endOfInterrupt(0x55);
    expect(board.messages).toHaveLength(2);
    write(board, STATUS, 4);
    board.pc.endOfInterrupt(0x55);
    expect(board.messages).toHaveLength(2);
    expect(read(board, STATUS)).toBe(0);
  });

  test.each([
    ["not enabled", route(20), ENABLE],
    ["the counter stands", INTERRUPT | route(20), 0],
  ])("nothing is due when it is %s", (_name, config, enable) => {
    const board = listening(20);
    write64(board, timer(1) + 8, 700, 0);
    write(board, timer(1), config);
    write(board, CONFIG, enable);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test("a route that is not offered leads nowhere", () => {
    const board = listening(5);
    write64(board, timer(1) + 8, 700, 0);
    write(board, timer(1), INTERRUPT | route(5));
    write(board, CONFIG, ENABLE);
    board.runTo(1000);
    expect(board.messages).toEqual([]);
  });
});

describe("periodic", () => {
  /** As Linux programs it: the first match with the value-set bit, then the period. */
  function periodic(board: Board, index: number, first: number, period: number, config: number): void {
    write(board, timer(index), INTERRUPT | PERIODIC | VALUE_SET | BITS_32 | config);
    write(board, timer(index) + 8, first);
    write(board, timer(index) + 8, period);
  }

  test("matches again and again", () => {
    const board = listening(16);
    periodic(board, 0, 1000, 300, route(16));
    write(board, CONFIG, ENABLE);
    const times: number[] = [];
    while (board.pc.deadline <= 2000) {
      times.push(board.pc.deadline);
      board.runTo(board.pc.deadline);
    }
    expect(times).toEqual([1000, 1300, 1600, 1900]);
    expect(board.messages).toHaveLength(4);
    expect(read(board, timer(0) + 8)).toBe(2200);
  });

  test("the comparator follows the counter without interrupts, too", () => {
    const board = new Board();
    periodic(board, 0, 1000, 300, 0);
    write(board, timer(0), PERIODIC | BITS_32);
    write(board, CONFIG, ENABLE);
    board.time = 100_000;
    expect(read(board, timer(0) + 8)).toBe(100_000 + 300);
  });

  test("a 64-bit first match keeps its high half", () => {
    const board = new Board();
    write(board, timer(0), INTERRUPT | PERIODIC | VALUE_SET);
    write64(board, timer(0) + 8, 5, 1);
    write64(board, timer(0) + 8, 10, 0);
    expect([read(board, timer(0) + 8), read(board, timer(0) + 12)]).toEqual([5, 1]);
  });
});

describe("legacy replacement", () => {
  test("timer 0 has interrupt line 0 and the 8254 is cut off", () => {
    const board = new Board();
    board.initializePics(1);
    board.outs([0x43, 0x34], [0x40, 10], [0x40, 0]);
    write64(board, timer(0) + 8, 5000, 0);
    write(board, timer(0), INTERRUPT);
    write(board, CONFIG, ENABLE | LEGACY);
    expect(board.pc.deadline).toBe(5000);
    board.runTo(4999);
    expect(board.interrupt).toBe(false);
    board.runTo(5000);
    expect(board.acknowledge()).toBe(0x20);
  });

  test("timer 1 has the line of the RTC", () => {
    const board = new Board();
    board.initializePics(0x0104);
    write64(board, timer(1) + 8, 5000, 0);
    write(board, timer(1), INTERRUPT);
    write(board, CONFIG, ENABLE | LEGACY);
    board.runTo(5000);
    expect(board.acknowledge()).toBe(0x28);
  });
});
