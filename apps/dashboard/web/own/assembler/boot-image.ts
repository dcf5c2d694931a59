import { CODE_BASE, STUB_BASE } from "./runtime.ts";

const IMAGE_BASE = 0x100000;
const HEADER_SIZE = 52;
const PROGRAM_SIZE = 32;
const MULTIBOOT_AT = HEADER_SIZE + PROGRAM_SIZE;
const MULTIBOOT_MAGIC = 0x1badb002;
const GDT_AT = 0x60;
/** Null, 64-bit code, data: each low half, high half. */
const DESCRIPTORS = [0, 0, 0xffff, 0x00af9a00, 0xffff, 0x00cf9200];

/** An ELF file with a multiboot header and one segment, which is the file: headers, descriptors, the stub and the code. */
export function bootImage(stub: Uint8Array, code: Uint8Array): Uint8Array<ArrayBuffer> {
  if (stub.length > CODE_BASE - STUB_BASE) throw new Error("the stub does not fit before the code");
  const image = new Uint8Array(CODE_BASE - IMAGE_BASE + code.length);
  const view = new DataView(image.buffer);
  const words = (at: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) view.setUint32(at + 4 * index, value, true);
  };
  image.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  words(16, [0x0003_0002, 1, STUB_BASE, HEADER_SIZE, 0, 0, (PROGRAM_SIZE << 16) | HEADER_SIZE, 1]);
  words(HEADER_SIZE, [1, 0, IMAGE_BASE, IMAGE_BASE, image.length, image.length, 7, 0x1000]);
  words(MULTIBOOT_AT, [MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC >>> 0]);
  view.setUint16(GDT_AT, 4 * DESCRIPTORS.length - 1, true);
  view.setUint32(GDT_AT + 2, IMAGE_BASE + GDT_AT + 8, true);
  words(GDT_AT + 8, DESCRIPTORS);
  image.set(stub, STUB_BASE - IMAGE_BASE);
  image.set(code, CODE_BASE - IMAGE_BASE);
  return image;
}
