import { findCpuModel } from "@hvdiff/cpu";
import { expect, test } from "vitest";
import { type BootRequest, createMetal, LoadError } from "../src/index.ts";
import { EXIT_CODE, elfFile, linuxKernel, multiboot2Header, multibootHeader, pvhNote } from "./image-builder.ts";

const MIB = 0x100000;
const model = findCpuModel("icelake-server")!;
const bounds = { instructions: 10_000, events: 1000, memory: 8 * MIB };

function run(request: BootRequest, memory = 64 * MIB) {
  return createMetal({ ...request, model, memory, firmware: "seabios", bounds }).run();
}

const segments = [{ address: MIB, data: EXIT_CODE(42) }];

test.each<[string, BootRequest]>([
  ["multiboot", { image: elfFile({ bits: 32, entry: MIB, segments, early: multibootHeader(0) }) }],
  ["multiboot 2", { image: elfFile({ bits: 64, entry: MIB, segments, early: multiboot2Header([]) }) }],
  ["PVH", { image: elfFile({ bits: 64, entry: 0, segments: [...segments, pvhNote(MIB)] }) }],
  ["Linux, 64-bit", { image: linuxKernel({ code: EXIT_CODE(42) }) }],
  ["Linux, 32-bit", { image: linuxKernel({ code: EXIT_CODE(42), xloadflags: 0 }) }],
  ["flat, 16-bit", { image: EXIT_CODE(42), entry: 0x7c00, mode: 16 }],
  ["flat, 32-bit", { image: EXIT_CODE(42), entry: MIB }],
  ["flat, 64-bit", { image: EXIT_CODE(42), entry: MIB, mode: 64 }],
])("a %s image runs its first instructions", (_, request) => {
  expect(run(request)).toEqual({ kind: "exit", code: 42 });
});

test("memory above 4 GiB is there, the hole below it is not", () => {
  // mov rax, [rcx + 4 GiB]; then the byte at 3.5 GiB, which reads FF, to the exit port.
  const code = new Uint8Array([
    0x48,
    0xb9,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0, // mov rcx, 4 GiB
    0xbb,
    0,
    0,
    0,
    0xe0, // mov ebx, 3.5 GiB
    0x8a,
    0x03, // mov al, [rbx]
    0xe6,
    0xf4,
    0xf4,
  ]);
  expect(run({ image: code, entry: MIB, mode: 64 }, 4096 * MIB)).toEqual({ kind: "exit", code: 0xff });
  const machine = createMetal({ image: code, entry: MIB, mode: 64, model, memory: 4096 * MIB, firmware: "none" });
  machine.memory.write8(0x1_3fff_ffff, 5);
  machine.memory.write8(0x1_4000_0000, 5);
  expect([machine.memory.read8(0x1_3fff_ffff), machine.memory.read8(0x1_4000_0000)]).toEqual([5, 0xff]);
});

test("an image that needs more memory than the run may touch is refused", () => {
  expect(() => run({ image: new Uint8Array(9 * MIB), entry: MIB })).toThrow(LoadError);
});

test("a later segment's zeros cover an earlier segment's bytes", () => {
  const image = elfFile({
    bits: 32,
    entry: MIB,
    segments: [
      { address: 2 * MIB, data: new Uint8Array(64).fill(1) },
      { address: 2 * MIB + 16, data: new Uint8Array(0), size: 16 },
      { address: MIB, data: new Uint8Array([0xa0, 20, 0, 0x20, 0, 0xe6, 0xf4, 0xf4]) },
    ],
    early: multibootHeader(0),
  });
  expect(run({ image })).toEqual({ kind: "exit", code: 0 });
});
