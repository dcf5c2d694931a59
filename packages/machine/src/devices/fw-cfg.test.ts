import { expect, test } from "vitest";
import { Board } from "../../test/board.ts";

const MIB = 0x100000;

function board(): Board {
  const made = new Board();
  made.pc.describe({
    processors: 3,
    memory: 5120 * MIB,
    boot: {
      kernel: Uint8Array.of(1, 2, 3),
      address: 0x100000,
      entry: 0x100010,
      initrd: Uint8Array.of(9, 8),
      commandLine: "a b",
    },
  });
  return made;
}

function item(from: Board, key: number, bytes: number): number[] {
  from.out(0x510, key, 2);
  return Array.from({ length: bytes }, () => from.in(0x511));
}

function little(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function big(bytes: readonly number[]): number {
  return little([...bytes].reverse());
}

function text(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes.filter((byte) => byte !== 0));
}

test("the signature is QEMU's, and there is no DMA", () => {
  expect(text(item(board(), 0, 4))).toBe("QEMU");
  expect(little(item(board(), 1, 4))).toBe(1);
});

test.each([
  ["RAM size", 0x03, 8, 5120 * MIB],
  ["processors", 0x05, 2, 3],
  ["most processors", 0x0f, 2, 3],
  ["kernel address", 0x07, 4, 0x100000],
  ["kernel size", 0x08, 4, 3],
  ["kernel entry", 0x10, 4, 0x100010],
  ["kernel", 0x11, 3, 0x030201],
  ["initrd size", 0x0b, 4, 2],
  ["initrd", 0x12, 2, 0x0809],
  ["command line size", 0x14, 4, 4],
  ["an item that is not there", 0x16, 4, 0],
  ["a selector that nobody has", 0x7777, 4, 0],
])("%s", (_name, key, bytes, expected) => {
  expect(little(item(board(), key, bytes))).toBe(expected);
});

test("the command line ends with a zero, and so does everything else", () => {
  expect(text(item(board(), 0x15, 4))).toBe("a b");
  expect(item(board(), 0x15, 8).slice(3)).toEqual([0, 0, 0, 0, 0]);
});

test("the directory names the memory map", () => {
  const made = board();
  const directory = item(made, 0x19, 4 + 64);
  expect(big(directory.slice(0, 4))).toBe(1);
  const [size, selector] = [big(directory.slice(4, 8)), big(directory.slice(8, 10))];
  expect(text(directory.slice(12))).toBe("etc/e820");
  const map = item(made, selector, size);
  const ram: number[][] = [];
  for (let at = 0; at < size; at += 20) {
    const entry = map.slice(at, at + 20);
    if (little(entry.slice(16)) === 1) ram.push([little(entry.slice(0, 8)), little(entry.slice(8, 16))]);
  }
  expect(ram).toEqual([
    [0, 0x9fc00],
    [MIB, 3071 * MIB],
    [4096 * MIB, 2048 * MIB],
  ]);
});

test("a selection begins the item again; reading it in words gives nothing", () => {
  const made = board();
  expect(text(item(made, 0, 2))).toBe("QE");
  expect(text(item(made, 0, 4))).toBe("QEMU");
  expect(made.in(0x510, 2)).toBe(0xffff);
});
