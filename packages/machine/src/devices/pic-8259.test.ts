import { expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const ALL = 0xffff;

function boardWith(unmasked: number): Board {
  const board = new Board();
  board.initializePics(unmasked);
  return board;
}

/** Takes everything that is pending, each with its end of interrupt. */
function drain(board: Board): number[] {
  const vectors: number[] = [];
  while (board.interrupt) {
    const vector = board.acknowledge();
    vectors.push(vector);
    if (vector >= 0x28) board.out(0xa0, 0x20);
    board.out(0x20, 0x20);
  }
  return vectors;
}

test("an edge is latched, given with its vector and ended by a non-specific EOI", () => {
  const board = boardWith(1 << 3);
  board.pulse(3);
  expect(board.interrupt).toBe(true);
  expect(board.in(0x20)).toBe(0x08);
  expect(board.acknowledge()).toBe(0x23);
  board.out(0x20, 0x0b);
  expect(board.in(0x20)).toBe(0x08);
  board.out(0x20, 0x20);
  expect(board.in(0x20)).toBe(0x00);
  expect(board.interrupt).toBe(false);
});

test("requests are served by priority, the slave's in the place of the cascade", () => {
  const board = boardWith(ALL);
  for (const line of [7, 3, 12, 9, 1]) board.pulse(line);
  expect(drain(board)).toEqual([0x21, 0x29, 0x2c, 0x23, 0x27]);
});

test("a masked request waits in the IRR", () => {
  const board = boardWith(0);
  board.pulse(10);
  expect(board.interrupt).toBe(false);
  expect(board.in(0xa0)).toBe(0x04);
  board.outs([0xa1, 0xfb], [0x21, 0xfb]);
  expect(drain(board)).toEqual([0x2a]);
});

test("a lower request does not interrupt a higher one in service; a higher one does", () => {
  const board = boardWith(ALL);
  board.pulse(4);
  expect(board.acknowledge()).toBe(0x24);
  board.pulse(5);
  expect(board.interrupt).toBe(false);
  board.pulse(1);
  expect(board.acknowledge()).toBe(0x21);
  board.out(0x20, 0x20);
  board.out(0x20, 0x20);
  expect(board.acknowledge()).toBe(0x25);
});

test("with nothing there the answer is the spurious vector 7, and nothing is in service", () => {
  const board = boardWith(ALL);
  expect(board.acknowledge()).toBe(0x27);
  board.out(0x20, 0x0b);
  expect(board.in(0x20)).toBe(0);
});

test("rotation puts the input that was served last behind the others", () => {
  const board = boardWith(ALL);
  board.pulse(1);
  board.acknowledge();
  board.out(0x20, 0xa0);
  for (const line of [0, 1, 3]) board.pulse(line);
  expect(drain(board)).toEqual([0x23, 0x20, 0x21]);
});

test("set priority names the lowest input", () => {
  const board = boardWith(ALL);
  board.out(0x20, 0xc4);
  for (const line of [0, 4, 6]) board.pulse(line);
  expect(drain(board)).toEqual([0x26, 0x20, 0x24]);
});

test("special mask mode lets lower requests through while a masked one is in service", () => {
  const board = boardWith(ALL);
  board.pulse(3);
  board.acknowledge();
  board.pulse(6);
  expect(board.interrupt).toBe(false);
  board.outs([0x21, 0x08], [0x20, 0x68]);
  expect(board.acknowledge()).toBe(0x26);
  board.out(0x20, 0x20);
  board.outs([0x20, 0x0b]);
  expect(board.in(0x20)).toBe(0x08);
});

test("a poll acknowledges by a read", () => {
  const board = boardWith(ALL);
  board.pulse(5);
  board.out(0x20, 0x0c);
  expect(board.in(0x20)).toBe(0x85);
  board.out(0x20, 0x0c);
  expect(board.in(0x20)).toBe(0x00);
});

test("automatic end of interrupt leaves nothing in service", () => {
  const board = new Board();
  board.outs([0x20, 0x11], [0x21, 0x40], [0x21, 0x04], [0x21, 0x03], [0x21, 0x00]);
  board.pulse(2 + 2);
  expect(board.acknowledge()).toBe(0x44);
  board.out(0x20, 0x0b);
  expect(board.in(0x20)).toBe(0);
});

test("special fully nested mode takes a higher request of the slave while a lower one is in service", () => {
  const board = boardWith(ALL);
  board.outs([0x20, 0x11], [0x21, 0x20], [0x21, 0x04], [0x21, 0x11], [0x21, 0x00]);
  board.pulse(12);
  expect(board.acknowledge()).toBe(0x2c);
  board.pulse(9);
  expect(board.acknowledge()).toBe(0x29);
});

test("a level triggered line asks again until it is deasserted", () => {
  const board = boardWith(ALL);
  board.out(0x4d1, 0xff);
  expect(board.in(0x4d1)).toBe(0xde);
  board.line(11, true);
  expect(board.acknowledge()).toBe(0x2b);
  board.outs([0xa0, 0x20], [0x20, 0x20]);
  expect(board.acknowledge()).toBe(0x2b);
  board.line(11, false);
  board.outs([0xa0, 0x20], [0x20, 0x20]);
  expect(board.interrupt).toBe(false);
});

test("a word write to port 0x20 is two bytes: command and mask", () => {
  const board = boardWith(ALL);
  board.out(0x20, 0x5a20, 2);
  expect(board.in(0x21)).toBe(0x5a);
});
