/** Handler of a memory-mapped range. Offsets are from the start of the range; `size` is 1, 2, 4 or 8 bytes (8 in two 32-bit steps). */
export interface MmioHandler {
  read(offset: number, size: number): number;
  write(offset: number, size: number, value: number): void;
}

/** A buffer to use again, with how much of it is dirty. */
export interface RecycledMemory {
  readonly wasm: WebAssembly.Memory;
  readonly used: number;
  readonly codeVersion: Uint32Array;
  readonly codeChunks: Int32Array;
}
