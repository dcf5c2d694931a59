import { RecordWriter } from "../src/loaders/record.ts";

/** A segment of a made-up ELF file. */
export interface TestSegment {
  readonly address: number;
  readonly data: Uint8Array;
  readonly size?: number;
  /** PT_LOAD (1) unless said otherwise; 4 is a note. */
  readonly type?: number;
  readonly virtual?: number | bigint;
}

/** A section that is not loaded: type 2 is a symbol table, 3 a string table. */
export interface TestSection {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface TestElf {
  readonly bits: 32 | 64;
  readonly entry: number | bigint;
  readonly segments: readonly TestSegment[];
  readonly sections?: readonly TestSection[];
  /** Bytes put right behind the headers: a multiboot header has to come early. */
  readonly early?: Uint8Array;
}

const EXECUTABLE = 5;

/** An ELF executable of one's own making. */
export function elfFile({ bits, entry, segments, sections = [], early = new Uint8Array(0) }: TestElf): Uint8Array {
  const wide = bits === 64;
  const [headerSize, programSize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40];
  const word = (record: RecordWriter, value: number | bigint): RecordWriter =>
    wide
      ? record.u32(Number(BigInt(value) & 0xffffffffn)).u32(Number(BigInt(value) >> 32n))
      : record.u32(Number(value));
  const body = new RecordWriter();
  const bodyAt = headerSize + segments.length * programSize;
  const append = (data: Uint8Array): number => {
    const at = bodyAt + body.pad(16).length;
    body.bytes(data);
    return at;
  };
  while ((bodyAt + body.length) % 8 !== 0) body.bytes(new Uint8Array(1));
  body.bytes(early);
  const offsets = segments.map(({ data }) => append(data));
  const sectionOffsets = sections.map(({ data }) => append(data));
  const sectionTable = sections.length === 0 ? 0 : append(new Uint8Array(0));
  for (const [index, { type, data }] of sections.entries()) {
    body.u32(0).u32(type);
    for (const value of [0, 0, sectionOffsets[index]!, data.length]) word(body, value);
    body.u32(0).u32(0);
    word(word(body, 1), 0);
  }
  const header = new RecordWriter().bytes(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0]));
  header
    .u32(0)
    .u32(0)
    .u16(2)
    .u16(wide ? 62 : 3)
    .u32(1);
  word(word(word(header, entry), headerSize), sectionTable)
    .u32(0)
    .u16(headerSize);
  header.u16(programSize).u16(segments.length).u16(sectionSize).u16(sections.length).u16(0);
  segments.forEach((segment, index) => {
    const { address, data, size = data.length, type = 1, virtual = address } = segment;
    header.u32(type);
    if (wide) header.u32(EXECUTABLE);
    for (const value of [offsets[index]!, virtual, address, data.length, size]) word(header, value);
    if (wide) word(header, 16);
    else header.u32(EXECUTABLE).u32(16);
  });
  return header.bytes(body.toBytes()).toBytes();
}

/** A multiboot 1 header; `addresses` are header, load, load end, bss end and entry address. */
export function multibootHeader(flags: number, addresses: readonly number[] = []): Uint8Array {
  const header = new RecordWriter()
    .u32(0x1badb002)
    .u32(flags)
    .u32(-(0x1badb002 + flags) >>> 0);
  for (const address of addresses) header.u32(address);
  return header.toBytes();
}

/** A tag of a multiboot 2 header. */
export function headerTag(type: number, words: readonly number[], flags = 0): Uint8Array {
  const tag = new RecordWriter()
    .u16(type)
    .u16(flags)
    .u32(8 + words.length * 4);
  for (const word of words) tag.u32(word);
  return tag.pad(8).toBytes();
}

/** A multiboot 2 header with the end tag added. */
export function multiboot2Header(tags: readonly Uint8Array[], architecture = 0): Uint8Array {
  const content = new RecordWriter();
  for (const tag of [...tags, headerTag(0, [])]) content.bytes(tag);
  const length = 16 + content.length;
  const sum = -(0xe85250d6 + architecture + length) >>> 0;
  return new RecordWriter().u32(0xe85250d6).u32(architecture).u32(length).u32(sum).bytes(content.toBytes()).toBytes();
}

/** The note that makes an ELF file a PVH kernel. */
export function pvhNote(entry: number): TestSegment {
  const data = new RecordWriter().u32(4).u32(4).u32(18).text("Xen").u32(entry).toBytes();
  return { address: 0, data, type: 4 };
}

export interface TestKernel {
  readonly code: Uint8Array;
  readonly version?: number;
  readonly xloadflags?: number;
  readonly relocatable?: number;
  readonly preferred?: number;
  readonly initSize?: number;
  readonly commandLineSize?: number;
  readonly initrdMax?: number;
}

/** A bzImage with one setup sector; `code` lies at the 64-bit entry point 0x200 and at the 32-bit one. */
export function linuxKernel(kernel: TestKernel): Uint8Array {
  const file = new Uint8Array(1024 + 0x200 + kernel.code.length);
  const view = new DataView(file.buffer);
  view.setUint8(0x1f1, 1);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint8(0x201, 0x66);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, kernel.version ?? 0x020f, true);
  view.setUint8(0x211, 1);
  view.setUint32(0x22c, kernel.initrdMax ?? 0x7fffffff, true);
  view.setUint32(0x230, 0x200000, true);
  view.setUint8(0x234, kernel.relocatable ?? 1);
  view.setUint16(0x236, kernel.xloadflags ?? 1, true);
  view.setUint32(0x238, kernel.commandLineSize ?? 2047, true);
  view.setUint32(0x258, kernel.preferred ?? 0x1000000, true);
  view.setUint32(0x260, kernel.initSize ?? 0x10000, true);
  file.set(kernel.code, 1024);
  file.set(kernel.code, 1024 + 0x200);
  return file;
}

/** 32-bit code that writes a byte to the exit port. */
export const EXIT_CODE = (code: number): Uint8Array => new Uint8Array([0xb0, code, 0xe6, 0xf4, 0xf4]);
