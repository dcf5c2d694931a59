/** Little-endian words of a structure in guest memory, appended one after the other. */
export class RecordWriter {
  private readonly parts: number[] = [];

  get length(): number {
    return this.parts.length;
  }

  u8(value: number): this {
    this.parts.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    this.parts.push(value & 0xff, (value >>> 8) & 0xff);
    return this;
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  u64(value: number): this {
    return this.u32(value % 0x1_0000_0000).u32(Math.floor(value / 0x1_0000_0000));
  }

  bytes(bytes: Uint8Array): this {
    for (const byte of bytes) this.parts.push(byte);
    return this;
  }

  /** Text with its terminating NUL. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(`${text}\0`));
  }

  /** Text without one. */
  ascii(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  /** Zeros up to a multiple. */
  pad(alignment: number): this {
    while (this.parts.length % alignment !== 0) this.parts.push(0);
    return this;
  }

  toBytes(): Uint8Array {
    return new Uint8Array(this.parts);
  }
}
