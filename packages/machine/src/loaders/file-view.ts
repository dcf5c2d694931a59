import { LoadError } from "./load-error.ts";

const LARGEST_ADDRESS = 0xf_ffff_ffff_ffffn;

/** Little-endian reads from an image file, which end in a `LoadError` where the file does. */
export class FileView {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  /** @param bytes the whole file */
  constructor(bytes: Uint8Array) {
    // A Buffer of Node's would share its memory with what is sliced from it.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  private check(at: number, size: number): void {
    if (at < 0 || at + size > this.length)
      throw new LoadError(`truncated: needs bytes up to ${at + size}, file has ${this.length}`);
  }

  u8(at: number): number {
    this.check(at, 1);
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    this.check(at, 2);
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    this.check(at, 4);
    return this.view.getUint32(at, true);
  }

  u64(at: number): bigint {
    this.check(at, 8);
    return this.view.getBigUint64(at, true);
  }

  /** A 64-bit address, size or offset that a physical address can be. */
  address(at: number, what: string): number {
    const value = this.u64(at);
    if (value > LARGEST_ADDRESS) throw new LoadError(`${what} 0x${value.toString(16)} is not a physical address`);
    return Number(value);
  }

  /** Part of the file. */
  part(offset: number, size: number, what: string): Uint8Array {
    if (offset + size > this.length)
      throw new LoadError(`truncated: ${what} needs bytes up to ${offset + size}, file has ${this.length}`);
    return this.bytes.subarray(offset, offset + size);
  }
}
