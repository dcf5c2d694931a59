import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

describe("the bus", () => {
  test.each([
    [0x1234, 1, 0xff],
    [0x1234, 2, 0xffff],
    [0x1234, 4, 0xffffffff],
    [0xffff, 4, 0xffffffff],
    [0x3da, 1, 0xff],
    [0x80, 1, 0xff],
  ])("port 0x%s read with %i bytes, where nothing is, gives all ones", (port, size, expected) => {
    const board = new Board();
    board.out(port, 0x12345678, size);
    expect(board.in(port, size)).toBe(expected);
  });

  test("a wide read of byte devices joins their bytes, with FF where nothing is", () => {
    const board = new Board();
    board.outs([0x3ff, 0x5a], [0xa1, 0x7e]);
    expect(board.in(0x3ff, 2)).toBe(0xff5a);
    expect(board.in(0x3fe, 4)).toBe(0xffff5ab0);
    expect(board.in(0xa1, 4)).toBe(0xffffff7e);
  });
});

describe("debug ports", () => {
  test("0xe9 and 0x402 write to the console and identify themselves", () => {
    const board = new Board();
    board.outs([0xe9, 0x41], [0x402, 0x42]);
    expect(board.pc.output.state.debug).toBe("AB");
    expect([board.in(0xe9), board.in(0x402)]).toEqual([0xe9, 0xe9]);
  });

  test.each([
    [1, 0x45],
    [2, 0x2345],
    [4, 0xf2345],
  ])("0xf4 takes a code of %i bytes, the first counts", (size, code) => {
    const board = new Board();
    board.out(0xf4, code, size);
    board.out(0xf4, 1);
    expect(board.pc.exit.state.code).toBe(code);
    expect(board.events).toEqual(["exit"]);
  });

  test("0x8900 turns the power off at the whole word only", () => {
    const board = new Board();
    for (const letter of "ShutShutdow") board.out(0x8900, letter.charCodeAt(0));
    expect(board.events).toEqual([]);
    board.out(0x8900, "n".charCodeAt(0));
    expect(board.events).toEqual(["power-off"]);
  });
});

describe("the test device", () => {
  test.each([
    [1, 0xff],
    [2, 0x9988],
    [4, 0xfedcba98],
  ])("0xe0 keeps %i bytes", (size, value) => {
    const board = new Board();
    board.out(0xe0, value, size);
    expect(board.in(0xe0, size)).toBe(value);
  });

  test("bytes lie beside each other", () => {
    const board = new Board();
    board.out(0xe0, 0x44332211, 4);
    board.out(0xe2, 0xaabb, 2);
    expect(board.in(0xe0, 4)).toBe(0xaabb2211);
    expect(board.in(0xe3)).toBe(0xaa);
  });

  test("the flush port is there to be written", () => {
    const board = new Board();
    board.out(0xe4, 0x1000, 4);
    expect(board.in(0xe4, 4)).toBe(0xffffffff);
  });

  test("a wide write to a line port is a write to four lines", () => {
    const board = new Board();
    board.initializePics(0x0804);
    board.out(0x200b, 1, 4);
    board.out(0x200b, 0, 4);
    expect(board.acknowledge()).toBe(0x2b);
  });

  test("its memory keeps bytes at any address and size", () => {
    const { pc } = new Board();
    expect(pc.readMemory(0xff000000, 4)).toBe(0);
    pc.writeMemory(0xff000ffe, 4, 0x04030201);
    pc.writeMemory(0xff00ffff, 1, 0x1aa);
    expect(pc.readMemory(0xff000fff, 2)).toBe(0x0302);
    expect(pc.readMemory(0xff000fff, 4)).toBe(0x00040302);
    expect(pc.readMemory(0xff00ffff, 1)).toBe(0xaa);
  });
});

test("a clone goes on as the original, and apart from it", () => {
  const board = new Board();
  board.initializePics(0xffff);
  board.outs([0x43, 0x34], [0x40, 100], [0x40, 0], [0xe9, 0x41], [0x70, 0x8f]);
  board.out(0xe0, 0x1234, 2);
  board.pc.writeMemory(0xff000000, 4, 7);
  board.pc.describe({ processors: 2, memory: 0x4000000, pciTestDevice: true });
  const copy = new Board();
  copy.pc.copyFrom(board.pc);
  expect(copy.pc.deadline).toBe(board.pc.deadline);
  expect(copy.in(0xe0, 2)).toBe(0x1234);
  expect(copy.pc.output.state.debug).toBe("A");
  expect(copy.pc.readMemory(0xff000000, 4)).toBe(7);
  expect(copy.readPci(0x1000)).toBe(0x00051b36);
  copy.pc.writeMemory(0xff000000, 4, 8);
  copy.out(0xe0, 1);
  expect([board.pc.readMemory(0xff000000, 4), board.in(0xe0)]).toEqual([7, 0x34]);
});
