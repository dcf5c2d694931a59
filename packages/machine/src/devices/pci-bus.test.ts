import { describe, expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const TEST_DEVICE = 2 << 11;

function withTestDevice(): Board {
  const board = new Board();
  board.pc.describe({ processors: 1, memory: 0x4000000, pciTestDevice: true });
  return board;
}

test("the functions that answer, by their identities and classes", () => {
  const board = new Board();
  const found: string[] = [];
  for (let address = 0; address < 0x10000; address += 0x100) {
    const id = board.readPci(address);
    if (id !== 0xffffffff) found.push([address, id, board.readPci(address + 8)].map((n) => n.toString(16)).join(" "));
  }
  expect(found).toEqual(["0 12378086 6000002", "800 70008086 6010000", "b00 71138086 6800003"]);
});

describe("configuration", () => {
  test.each([
    ["another bus", 0x80010000],
    ["not enabled", 0x00000000],
  ])("%s reads as FF", (_name, address) => {
    const board = new Board();
    board.out(0xcf8, address, 4);
    expect(board.in(0xcfc, 4)).toBe(0xffffffff);
  });

  test("the address register is 32 bits wide only", () => {
    const board = new Board();
    board.out(0xcf8, 0x80000800, 4);
    board.out(0xcf8, 0, 1);
    board.out(0xcf8, 0, 2);
    expect(board.in(0xcf8, 4)).toBe(0x80000800);
  });

  test("bytes and words of a register can be read and written", () => {
    const board = new Board();
    board.out(0xcf8, 0x80000800, 4);
    expect([board.in(0xcfc, 2), board.in(0xcfe, 2), board.in(0xcff)]).toEqual([0x8086, 0x7000, 0x70]);
    board.out(0xcf8, 0x80000860, 4);
    board.out(0xcfe, 0x85);
    expect(board.in(0xcfc, 4)).toBe(0x0b850a0a);
  });

  test("what is fixed stays", () => {
    const board = new Board();
    for (const register of [0x00, 0x08, 0x2c, 0x40]) board.writePci(0xb00 + register, 0xffffffff);
    expect([0x00, 0x08, 0x2c, 0x40].map((at) => board.readPci(0xb00 + at))).toEqual([
      0x71138086, 0x06800003, 0x11001af4, 0x601,
    ]);
  });

  test("the ISA bridge is a function of several", () => {
    expect(new Board().readPci(0x80c) >>> 16).toBe(0x80);
  });
});

describe("the test device", () => {
  test("base address registers tell their sizes", () => {
    const board = withTestDevice();
    board.writePci(TEST_DEVICE + 0x10, 0xffffffff);
    board.writePci(TEST_DEVICE + 0x14, 0xffffffff);
    expect([board.readPci(TEST_DEVICE + 0x10), board.readPci(TEST_DEVICE + 0x14)]).toEqual([0xfffff000, 0xff01]);
  });

  test.each([
    ["mmio", 0, 2048, ["mmio-no-eventfd", "mmio-wildcard-eventfd", "mmio-datamatch-eventfd"]],
    ["portio", 1, 131, ["portio-no-eventfd", "portio-wildcard-eventfd", "portio-datamatch-eventfd"]],
  ])("counts the writes of the first test by %s", (_name, byPort, target, names) => {
    const board = withTestDevice();
    const base = byPort === 1 ? 0xc000 : 0xfebff000;
    const read = (at: number, size: number) =>
      byPort === 1 ? board.in(base + at, size) : board.pc.readMemory(base + at, size) >>> 0;
    const write = (at: number, value: number) =>
      byPort === 1 ? board.out(base + at, value) : board.pc.writeMemory(base + at, 1, value);
    const seen: [string, number][] = [];
    for (let index = 0; ; index++) {
      write(0, index);
      if (read(1, 1) === 0) break;
      let name = "";
      for (let at = 16; read(at, 1) !== 0; at++) name += String.fromCharCode(read(at, 1));
      if (index === 0) expect(read(4, 4)).toBe(target);
      for (let time = 0; time < 16; time++) write(read(4, 4), read(8, 1));
      seen.push([name, read(12, 4)]);
    }
    expect(seen).toEqual(names.map((name, at) => [name, at === 0 ? 16 : 0]));
  });

  test("follows its base address registers and its command register", () => {
    const board = withTestDevice();
    board.writePci(TEST_DEVICE + 0x14, 0xd001);
    board.writePci(TEST_DEVICE + 0x10, 0xfe001000);
    board.out(0xd000, 0);
    expect([board.in(0xd001), board.in(0xc001), board.pc.readMemory(0xfe001001, 1)]).toEqual([1, 0xff, 1]);
    board.writePci(TEST_DEVICE + 4, 0);
    expect([board.in(0xd001), board.pc.readMemory(0xfe001001, 1) & 0xff]).toEqual([0xff, 0xff]);
  });
});
