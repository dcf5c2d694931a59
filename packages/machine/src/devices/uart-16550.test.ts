import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const COM1 = 0x3f8;
const IER = COM1 + 1;
const IIR = COM1 + 2;
const FCR = COM1 + 2;
const LCR = COM1 + 3;
const MCR = COM1 + 4;
const LSR = COM1 + 5;
const MSR = COM1 + 6;

function text(value: string): number[] {
  return [...value].map((character) => character.charCodeAt(0));
}

/** A board on which IRQ 4 gets through and the UART is set up as a driver does. */
function listening(interruptEnable: number, fifoControl = 0): Board {
  const board = new Board();
  board.initializePics(1 << 4);
  board.outs([LCR, 3], [FCR, fifoControl], [MCR, 0x0b], [IER, interruptEnable]);
  return board;
}

test("what is written comes out, line by line", () => {
  const board = new Board();
  for (const byte of text("one\r\ntwo")) board.out(COM1, byte);
  expect(board.pc.output.state).toMatchObject({ serial: "one\r\ntwo", line: "two" });
  expect(board.events).toEqual(["line one"]);
  expect(board.in(LSR)).toBe(0x60);
});

test("the divisor hides behind bit 7 of the line control register", () => {
  const board = new Board();
  board.outs([LCR, 0x83], [COM1, 0x0c], [IER, 0x01], [LCR, 0x03], [IER, 0x0f]);
  expect(board.in(IER)).toBe(0x0f);
  board.out(LCR, 0x83);
  expect([board.in(COM1), board.in(IER)]).toEqual([0x0c, 0x01]);
  expect(board.pc.output.state.serial).toBe("");
});

test.each([
  ["scratch", COM1 + 7, 0xa5, 0xa5],
  ["interrupt enable", IER, 0xff, 0x0f],
  ["modem control", MCR, 0xff, 0x1f],
  ["modem status", MSR, 0x00, 0xb0],
])("the %s register", (_name, port, written, read) => {
  const board = new Board();
  board.out(port, written);
  expect(board.in(port)).toBe(read);
});

describe("receiving", () => {
  test("without FIFOs a byte at a time", () => {
    const board = listening(1);
    board.pc.receiveSerial(text("ab"));
    expect(board.acknowledge()).toBe(0x24);
    expect(board.in(IIR)).toBe(0x04);
    expect(board.in(LSR)).toBe(0x61);
    expect(board.in(COM1)).toBe(0x61);
    expect(board.in(COM1)).toBe(0x62);
    expect(board.in(LSR)).toBe(0x60);
    expect(board.in(IIR)).toBe(0x01);
  });

  test("the FIFO asks at its trigger level", () => {
    const board = listening(1, 0x81);
    board.pc.receiveSerial(text("1234567"));
    expect(board.in(IIR)).toBe(0xc1);
    board.pc.receiveSerial(text("8"));
    expect(board.in(IIR)).toBe(0xc4);
    expect(board.in(COM1)).toBe(0x31);
    expect(board.in(IIR)).toBe(0xc1);
  });

  test("what stays below it times out behind four characters", () => {
    const board = listening(1, 0x81);
    board.outs([LCR, 0x83], [COM1, 0x0c], [IER, 0x00], [LCR, 0x03]);
    board.pc.receiveSerial(text("x"));
    expect(board.pc.deadline).toBe(Math.ceil((40 * 12 * 1e8) / 115_200));
    board.runTo(board.pc.deadline);
    expect(board.interrupt).toBe(true);
    expect(board.in(IIR)).toBe(0xcc);
    expect(board.in(COM1)).toBe(0x78);
    expect(board.in(IIR)).toBe(0xc1);
    expect(board.pc.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test("more input than the FIFO holds waits outside", () => {
    const board = listening(1, 0x01);
    const input = text("the quick brown fox jumps");
    board.pc.receiveSerial(input);
    const read: number[] = [];
    while ((board.in(LSR) & 1) !== 0) read.push(board.in(COM1));
    expect(read).toEqual(input);
  });
});

describe("transmitting", () => {
  test("enabling the interrupt raises it, reading the cause clears it, a byte raises it again", () => {
    const board = listening(0);
    board.out(IER, 2);
    expect(board.acknowledge()).toBe(0x24);
    board.out(0x20, 0x20);
    expect(board.in(IIR)).toBe(0x02);
    expect(board.in(IIR)).toBe(0x01);
    board.out(COM1, 0x2e);
    expect(board.interrupt).toBe(true);
    expect(board.in(IIR)).toBe(0x02);
  });

  test("received data come first", () => {
    const board = listening(3);
    board.pc.receiveSerial(text("k"));
    expect(board.in(IIR)).toBe(0x04);
    board.in(COM1);
    expect(board.in(IIR)).toBe(0x02);
  });

  test("without OUT2 no interrupt leaves the card", () => {
    const board = listening(2);
    board.out(MCR, 0x03);
    expect(board.interrupt).toBe(true);
    board.acknowledge();
    board.outs([0x20, 0x20], [COM1, 0x2e]);
    expect(board.interrupt).toBe(false);
  });
});

describe("loopback", () => {
  test("bytes come back and none goes out", () => {
    const board = listening(0, 0x01);
    board.out(MCR, 0x1e);
    for (const byte of text("ok")) board.out(COM1, byte);
    expect([board.in(COM1), board.in(COM1)]).toEqual(text("ok"));
    expect(board.pc.output.state.serial).toBe("");
  });

  test("a byte too many is an overrun", () => {
    const board = listening(0);
    board.outs([MCR, 0x10], [COM1, 1], [COM1, 2]);
    expect(board.in(LSR)).toBe(0x63);
    expect(board.in(LSR)).toBe(0x61);
    expect(board.in(COM1)).toBe(2);
  });

  test.each([
    ["DTR", 0x11, 0x20],
    ["RTS", 0x12, 0x10],
    ["OUT1", 0x14, 0x40],
    ["OUT2", 0x18, 0x80],
    ["all", 0x1f, 0xf0],
  ])("%s comes back in the modem status", (_name, control, status) => {
    const board = new Board();
    board.out(MCR, control);
    expect(board.in(MSR) & 0xf0).toBe(status);
    expect(board.in(MSR) & 0x0f).toBe(0);
  });

  test("changes of modem lines are remembered until they are read", () => {
    const board = new Board();
    board.out(MCR, 0x10);
    expect(board.in(MSR)).toBe(0x0b);
    board.out(MCR, 0x14);
    expect(board.in(MSR)).toBe(0x40);
    board.out(MCR, 0x10);
    expect(board.in(MSR)).toBe(0x04);
  });
});
