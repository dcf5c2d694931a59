import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const LEVEL = 1 << 15;
const MASKED = 1 << 16;
const REMOTE_IRR = 1 << 14;
const PIN = 14;

function program(board: Board, pin: number, low: number, destination = 0): void {
  board.writeIoApic(0x11 + 2 * pin, destination << 24);
  board.writeIoApic(0x10 + 2 * pin, low);
}

function remoteIrr(board: Board, pin = PIN): boolean {
  return (board.readIoApic(0x10 + 2 * pin) & REMOTE_IRR) !== 0;
}

function vectors(board: Board): number[] {
  return board.messages.map(({ vector }) => vector);
}

describe("registers", () => {
  test("id: only bits 24-27; the arbitration register follows and is read only, as is the version", () => {
    const board = new Board();
    board.writeIoApic(0, 0xffffffff);
    expect(board.readIoApic(0)).toBe(0x0f000000);
    board.writeIoApic(2, 0);
    expect(board.readIoApic(2)).toBe(0x0f000000);
    board.writeIoApic(1, 0);
    expect(board.readIoApic(1)).toBe(0x00170020);
  });

  test("entries start masked; delivery status, remote IRR and reserved bits cannot be written", () => {
    const board = new Board();
    expect(board.readIoApic(0x10)).toBe(MASKED);
    program(board, 23, 0xffffffff, 0xff);
    expect(board.readIoApic(0x3e)).toBe(0x1afff);
    expect(board.readIoApic(0x3f)).toBe(0xff000000);
    expect(board.readIoApic(0x40)).toBe(0);
  });

  test("a message carries vector, delivery mode and destination", () => {
    const board = new Board();
    program(board, PIN, 0x9a1, 0x0d);
    board.pulse(PIN);
    expect(board.messages).toEqual([
      { vector: 0xa1, deliveryMode: 1, destination: 0x0d, logical: true, levelTriggered: false },
    ]);
  });
});

describe("edges", () => {
  test("each rising edge is a message; a line that stays up is not", () => {
    const board = new Board();
    program(board, PIN, 0x76);
    board.pulse(PIN);
    board.line(PIN, true);
    board.line(PIN, true);
    expect(vectors(board)).toEqual([0x76, 0x76]);
    expect(remoteIrr(board)).toBe(false);
  });

  test("an edge while masked is lost", () => {
    const board = new Board();
    program(board, PIN, 0x81 | MASKED);
    board.pulse(PIN);
    program(board, PIN, 0x81);
    expect(vectors(board)).toEqual([]);
    board.line(PIN, true);
    expect(vectors(board)).toEqual([0x81]);
  });
});

describe("levels", () => {
  test("an asserted line is one message until its end, and another if it is still asserted then", () => {
    const board = new Board();
    program(board, PIN, 0x9a | LEVEL);
    board.line(PIN, true);
    board.line(PIN, false);
    board.line(PIN, true);
    expect(vectors(board)).toEqual([0x9a]);
    expect(board.messages[0]!.levelTriggered).toBe(true);
    expect(remoteIrr(board)).toBe(true);
    board.pc.endOfInterrupt(0x9a);
    expect(vectors(board)).toEqual([0x9a, 0x9a]);
    board.line(PIN, false);
    board.pc.endOfInterrupt(0x9a);
    expect(vectors(board)).toEqual([0x9a, 0x9a]);
    expect(remoteIrr(board)).toBe(false);
  });

  test("a level while masked is delivered when it is unmasked, once for each end", () => {
    const board = new Board();
    program(board, PIN, 0x83 | LEVEL | MASKED);
    board.line(PIN, true);
    expect(vectors(board)).toEqual([]);
    program(board, PIN, 0x83 | LEVEL);
    expect(vectors(board)).toEqual([0x83]);
    program(board, PIN, 0x83 | LEVEL | MASKED);
    board.pc.endOfInterrupt(0x83);
    expect(remoteIrr(board)).toBe(false);
    program(board, PIN, 0x83 | LEVEL);
    expect(vectors(board)).toEqual([0x83, 0x83]);
  });

  test("another destination while it is in service keeps the remote IRR until the end", () => {
    const board = new Board();
    program(board, PIN, 0x84 | LEVEL);
    board.line(PIN, true);
    board.line(PIN, false);
    board.writeIoApic(0x11 + 2 * PIN, 1 << 24);
    expect(remoteIrr(board)).toBe(true);
    board.pc.endOfInterrupt(0x64);
    expect(remoteIrr(board)).toBe(true);
    board.pc.endOfInterrupt(0x84);
    expect(remoteIrr(board)).toBe(false);
  });

  test("making the entry edge triggered clears a stuck remote IRR; the EOI register does too", () => {
    const board = new Board();
    program(board, PIN, 0x84 | LEVEL);
    board.line(PIN, true);
    board.line(PIN, false);
    program(board, PIN, 0x84 | MASKED);
    program(board, PIN, 0x84 | LEVEL);
    expect(remoteIrr(board)).toBe(false);
    board.line(PIN, true);
    board.line(PIN, false);
    board.pc.writeMemory(0xfec00040, 4, 0x84);
    expect(remoteIrr(board)).toBe(false);
  });

  test("an NMI is an edge whatever the entry says", () => {
    const board = new Board();
    program(board, PIN, 0x400 | LEVEL);
    board.line(PIN, true);
    expect(board.messages).toMatchObject([{ deliveryMode: 4, levelTriggered: false }]);
    expect(remoteIrr(board)).toBe(false);
  });
});

test.each([
  [0, 2],
  [1, 1],
  [15, 15],
  [16, 16],
  [23, 23],
])("line %i leads to pin %i", (line, pin) => {
  const board = new Board();
  program(board, pin, 0x50);
  board.line(line, true);
  expect(vectors(board)).toEqual([0x50]);
});
