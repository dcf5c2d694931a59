import type { Random } from "../../../../test/random.ts";
import {
  EXIT_CODE,
  elfFile,
  headerTag,
  linuxKernel,
  multiboot2Header,
  multibootHeader,
  pvhNote,
} from "../image-builder.ts";

const MIB = 0x100000;
const CODE = new Uint8Array([...EXIT_CODE(1), ...new Uint8Array(40).fill(0x90), 0xeb, 0xfe]);
const LOADED = [
  { address: MIB, data: CODE, size: 0x2000 },
  { address: MIB + 0x4000, data: new Uint8Array(64).fill(7) },
];
const SECTIONS = [
  { type: 2, data: new Uint8Array(48) },
  { type: 3, data: new TextEncoder().encode("\0start\0") },
];
const MOVABLE = multiboot2Header([
  headerTag(1, [1, 4, 6]),
  headerTag(10, [MIB, 0xffffffff, 4096, 2]),
  headerTag(6, []),
]);

/** A valid image of every kind that the loaders know. */
export const VALID_IMAGES: readonly Uint8Array[] = [
  elfFile({ bits: 32, entry: MIB, segments: LOADED, sections: SECTIONS, early: multibootHeader(3) }),
  elfFile({ bits: 64, entry: MIB, segments: LOADED, sections: SECTIONS, early: multibootHeader(0) }),
  new Uint8Array([...multibootHeader(0x10000, [MIB, MIB, 0, MIB + 0x1000, MIB + 32]), ...CODE]),
  elfFile({ bits: 64, entry: MIB, segments: LOADED, sections: SECTIONS, early: MOVABLE }),
  elfFile({ bits: 32, entry: MIB, segments: LOADED, early: multiboot2Header([headerTag(4, [2])]) }),
  new Uint8Array([...multiboot2Header([headerTag(2, [MIB, MIB, 0, 0]), headerTag(3, [MIB + 72])]), ...CODE]),
  elfFile({ bits: 64, entry: 0, segments: [...LOADED, pvhNote(MIB)] }),
  elfFile({ bits: 32, entry: 0, segments: [...LOADED, pvhNote(MIB)] }),
  linuxKernel({ code: CODE }),
  linuxKernel({ code: CODE, xloadflags: 0, relocatable: 0 }),
];

const TELLING = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  0x10,
  0x20,
  0x28,
  0x38,
  0x40,
  0xff,
  0x100,
  0x1000,
  0x9000,
  0x9fc00,
  0xa0000,
  0xfffff,
  MIB,
  MIB + 1,
  0xffff,
  0x10000,
  0x3ffffff,
  0x4000000,
  0x7fffffff,
  0x80000000,
  0xc0000000,
  0xfffffff0,
  0xfffffffe,
  0xffffffff,
];

/** How far into a file headers reach. */
const HEADERS = 0x2a0;

function word(random: Random, length: number): number {
  const value = random.oneIn(3) ? random.word() : random.oneIn(4) ? length + random.below(5) - 2 : random.pick(TELLING);
  return value >>> 0;
}

function mutateOnce(image: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const at = random.below(Math.max(1, Math.min(image.length, random.oneIn(8) ? image.length : HEADERS)));
  const even = at & ~3;
  switch (random.below(8)) {
    case 0:
      return image.slice(0, random.below(image.length + 1));
    case 1:
      return new Uint8Array([...image, ...new Uint8Array(random.below(600)).fill(random.word())]);
    case 2:
      image.copyWithin(at, random.below(image.length), random.below(image.length));
      return image;
    case 3:
      if (at < image.length) image[at] = random.word();
      return image;
    case 4:
      if (even + 2 <= image.length) view.setUint16(even, word(random, image.length), true);
      return image;
    default:
      if (even + 4 <= image.length) view.setUint32(even, word(random, image.length), true);
      return image;
  }
}

/** Puts the sums of multiboot headers right again, so that what stands in them is looked at. */
function repairSums(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = 0; at + 16 <= image.length; at += 4) {
    const magic = view.getUint32(at, true);
    const words = magic === 0x1badb002 ? 2 : magic === 0xe85250d6 ? 3 : 0;
    if (words === 0) continue;
    let sum = 0;
    for (let index = 0; index < words; index++) sum += view.getUint32(at + index * 4, true);
    view.setUint32(at + words * 4, -sum, true);
  }
}

/** A valid image with a few things wrong. */
export function mutatedImage(random: Random): Uint8Array {
  let image: Uint8Array = random.pick(VALID_IMAGES).slice();
  const times = 1 + random.below(5);
  for (let time = 0; time < times; time++) image = mutateOnce(image, random);
  if (!random.oneIn(4)) repairSums(image);
  return image;
}
