import { LoadError } from "./load-error.ts";

/** A loadable segment of an ELF file. Addresses are physical. */
export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
  /** Size in memory; what the file does not give is zero. */
  readonly size: number;
}

export interface ElfImage {
  readonly bits: 32 | 64;
  readonly entry: number;
  readonly segments: readonly Segment[];
}

const PT_LOAD = 1;
const EM_386 = 3;
const EM_X86_64 = 62;

const MACHINES: Readonly<Record<number, string>> = {
  2: "SPARC",
  8: "MIPS",
  20: "PowerPC",
  21: "PowerPC64",
  22: "S390",
  40: "ARM",
  183: "AArch64",
  243: "RISC-V",
  258: "LoongArch",
};

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

/** Reads an ELF32 or ELF64 executable for x86. Errors: `LoadError` for truncated, foreign or inconsistent files. */
export function parseElf(file: Uint8Array): ElfImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 52) throw new LoadError(`truncated ELF: ${file.length} bytes, the header alone has 52`);
  const bits = file[4] === 1 ? 32 : file[4] === 2 ? 64 : 0;
  if (bits === 0) throw new LoadError(`ELF class ${file[4]} is neither ELF32 nor ELF64`);
  if (file[5] !== 1) throw new LoadError("big-endian ELF; x86 images are little-endian");
  if (bits === 64 && file.length < 64)
    throw new LoadError(`truncated ELF: ${file.length} bytes, the 64-bit header alone has 64`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_386 && machine !== EM_X86_64) {
    throw new LoadError(`ELF for another machine: ${MACHINES[machine] ?? `e_machine ${machine}`}, not x86`);
  }
  return {
    bits,
    entry: bits === 32 ? view.getUint32(24, true) : readAddress(view, 24, "entry point"),
    segments: readSegments(view, file, bits),
  };
}

function readAddress(view: DataView, at: number, what: string): number {
  const value = view.getBigUint64(at, true);
  if (value > 0xf_ffff_ffff_ffffn) throw new LoadError(`ELF ${what} 0x${value.toString(16)} is not a physical address`);
  return Number(value);
}

function readSegments(view: DataView, file: Uint8Array, bits: 32 | 64): Segment[] {
  const table = bits === 32 ? view.getUint32(28, true) : readAddress(view, 32, "program header offset");
  const size = view.getUint16(bits === 32 ? 42 : 54, true);
  const count = view.getUint16(bits === 32 ? 44 : 56, true);
  const least = bits === 32 ? 32 : 56;
  if (count === 0) throw new LoadError("ELF has no program headers; link it as an executable");
  if (size < least) throw new LoadError(`ELF program headers of ${size} bytes, expected ${least}`);
  if (table + size * count > file.length)
    throw new LoadError(`truncated ELF: program headers end at ${table + size * count}, file at ${file.length}`);
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const segment = readSegment(view, file, table + index * size, index, bits);
    if (segment !== null) segments.push(segment);
  }
  if (segments.length === 0) throw new LoadError("ELF has nothing to load");
  return segments;
}

function readSegment(view: DataView, file: Uint8Array, at: number, index: number, bits: 32 | 64): Segment | null {
  if (view.getUint32(at, true) !== PT_LOAD) return null;
  const wide = bits === 64;
  const offset = wide ? readAddress(view, at + 8, `segment ${index} offset`) : view.getUint32(at + 4, true);
  const address = wide ? readAddress(view, at + 24, `segment ${index} address`) : view.getUint32(at + 12, true);
  const fileSize = wide ? readAddress(view, at + 32, `segment ${index} size`) : view.getUint32(at + 16, true);
  const size = wide ? readAddress(view, at + 40, `segment ${index} size`) : view.getUint32(at + 20, true);
  if (offset + fileSize > file.length)
    throw new LoadError(
      `truncated ELF: segment ${index} needs bytes up to ${offset + fileSize}, file has ${file.length}`,
    );
  if (size < fileSize)
    throw new LoadError(`ELF segment ${index} is smaller in memory (${size}) than in the file (${fileSize})`);
  return { address, data: file.subarray(offset, offset + fileSize), size };
}
