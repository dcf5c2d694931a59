import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

/** Everything in the output buffer. */
function drain(board: Board): number[] {
  const bytes: number[] = [];
  while ((board.in(0x64) & 1) !== 0) bytes.push(board.in(0x60));
  return bytes;
}

test("the controller is ready, initialized and unlocked", () => {
  expect(new Board().in(0x64)).toBe(0x14);
});

test.each([
  ["self test", 0xaa, [0x55]],
  ["keyboard interface test", 0xab, [0x00]],
  ["mouse interface test", 0xa9, [0x00]],
  ["read the mode", 0x20, [0x07]],
  ["read the output port", 0xd0, [0x03]],
  ["read the input port", 0xc0, [0x80]],
])("%s", (_name, command, answer) => {
  const board = new Board();
  board.out(0x64, command);
  expect(drain(board)).toEqual(answer);
});

test("the mode and the memory keep what is written", () => {
  const board = new Board();
  board.outs([0x64, 0x60], [0x60, 0x34], [0x64, 0x65], [0x60, 0x99], [0x64, 0x20]);
  expect(drain(board)).toEqual([0x34]);
  board.out(0x64, 0x25);
  expect(drain(board)).toEqual([0x99]);
});

test("the port of the device that is switched off shows in the mode", () => {
  const board = new Board();
  board.outs([0x64, 0xad], [0x64, 0xa7], [0x64, 0x20]);
  expect(drain(board)).toEqual([0x37]);
  board.outs([0x64, 0xae], [0x64, 0xa8], [0x64, 0x20]);
  expect(drain(board)).toEqual([0x07]);
});

describe("the keyboard", () => {
  test.each([
    ["reset", [0xff], [0xfa, 0xaa]],
    ["identify", [0xf2], [0xfa, 0xab, 0x83]],
    ["echo", [0xee], [0xee]],
    ["lamps", [0xed, 0x07], [0xfa, 0xfa]],
    ["scan code set", [0xf0, 0x01, 0xf0, 0x00], [0xfa, 0xfa, 0xfa, 0xfa, 0x01]],
    ["enable", [0xf4], [0xfa]],
    ["nonsense", [0x12], [0xfe]],
  ])("%s", (_name, bytes, answer) => {
    const board = new Board();
    for (const byte of bytes) board.out(0x60, byte);
    expect(drain(board)).toEqual(answer);
  });

  test("each byte is an interrupt 1", () => {
    const board = new Board();
    board.initializePics(2);
    board.out(0x60, 0xff);
    for (const byte of [0xfa, 0xaa]) {
      expect(board.acknowledge()).toBe(0x21);
      board.out(0x20, 0x20);
      expect(board.in(0x60)).toBe(byte);
    }
    expect(board.interrupt).toBe(false);
  });
});

test.each([
  ["reset", [0xff], [0xfa, 0xaa, 0x00]],
  ["identify", [0xf2], [0xfa, 0x00]],
  ["status", [0xf4, 0xe9], [0xfa, 0xfa, 0x20, 0x02, 0x64]],
  ["resolution and rate", [0xe8, 0x03, 0xf3, 0x28, 0xe9], [0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0x00, 0x03, 0x28]],
  ["data", [0xeb], [0xfa, 0x08, 0x00, 0x00]],
])("the mouse: %s", (_name, bytes, answer) => {
  const board = new Board();
  board.initializePics(0x1004);
  for (const byte of bytes) board.outs([0x64, 0xd4], [0x60, byte]);
  expect(board.in(0x64) & 0x21).toBe(0x21);
  expect(board.acknowledge()).toBe(0x2c);
  expect(drain(board)).toEqual(answer);
});

describe("resets", () => {
  test.each([
    ["keyboard controller, pulse", [[0x64, 0xfe]], ["reset init"]],
    ["keyboard controller, other pulses", [[0x64, 0xff]], []],
    [
      "keyboard controller, output port",
      [
        [0x64, 0xd1],
        [0x60, 0x02],
      ],
      ["reset init"],
    ],
    ["port 0x92", [[0x92, 0x01]], ["reset init"]],
    [
      "port 0x92, no edge",
      [
        [0x92, 0x01],
        [0x92, 0x03],
      ],
      ["reset init"],
    ],
    [
      "reset control, soft",
      [
        [0xcf9, 0x00],
        [0xcf9, 0x04],
      ],
      ["reset init"],
    ],
    [
      "reset control, hard",
      [
        [0xcf9, 0x02],
        [0xcf9, 0x06],
      ],
      ["reset hard"],
    ],
    ["reset control, prepared only", [[0xcf9, 0x02]], []],
  ] as const)("%s", (_name, writes, events) => {
    const board = new Board();
    board.outs(...writes);
    expect(board.events).toEqual(events);
  });

  test("port 0x92 tells afterwards that it was only a soft reset", () => {
    const board = new Board();
    board.out(0x92, board.in(0x92) | 1);
    expect(board.in(0x92)).toBe(0x03);
  });
});
