/** An ELF32 header for i386 with one program header, whose fields may be made wrong. */
function elf(change: (view: DataView) => void, length = 0x1000): Buffer {
  const bytes = new Uint8Array(length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const view = new DataView(bytes.buffer);
  const words: [number, number][] = [
    [24, 0x100000],
    [28, 52],
    [52, 1],
    [56, 0x200],
    [60, 0x100000],
    [64, 0x100000],
    [68, 0x200],
    [72, 0x200],
  ];
  const halves: [number, number][] = [
    [16, 2],
    [18, 3],
    [20, 1],
    [42, 32],
    [44, 1],
  ];
  for (const [at, value] of words) view.setUint32(at, value, true);
  for (const [at, value] of halves) view.setUint16(at, value, true);
  // A multiboot header, so that everything but the change would do.
  view.setUint32(0x100, 0x1badb002, true);
  view.setUint32(0x108, -0x1badb002 >>> 0, true);
  change(view);
  return Buffer.from(bytes);
}

/** Ten files that are no guests, each in a way of its own. */
export const BAD_IMAGES: readonly (readonly [string, Buffer])[] = [
  ["one byte", Buffer.from([0])],
  ["a text", Buffer.from("#!/bin/sh\necho hello\n")],
  ["zeros", Buffer.alloc(65_536)],
  ["a cut ELF header", elf(() => {}).subarray(0, 40)],
  ["program headers beyond the end", elf((view) => view.setUint32(28, 0xffff_fff0, true))],
  ["65535 program headers", elf((view) => view.setUint16(44, 0xffff, true))],
  ["a segment beyond the end of the file", elf((view) => view.setUint32(68, 0x7fff_ffff, true))],
  ["a segment beyond the end of memory", elf((view) => view.setUint32(64, 0xf000_0000, true))],
  ["a segment of 4 GiB of zeros", elf((view) => view.setUint32(72, 0xffff_ffff, true))],
  ["an ELF file for ARM without a header that boots", elf((view) => view.setUint32(0x100, 0, true))],
];
