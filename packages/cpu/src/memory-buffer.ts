/** Buffers are made in steps of this size, so that machines that differ in a state area or two can use each other's. */
const BUFFER_STEP = 16 << 20;
const MOST_BUFFER = 2 ** 32;

/** A buffer of at least this many bytes. The operating system gives it memory where it is touched. */
export function newBuffer(bytes: number): WebAssembly.Memory {
  const pages = Math.min(Math.ceil(bytes / BUFFER_STEP) * BUFFER_STEP, MOST_BUFFER) / 65536;
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** The frame pool is full: the guest touched more memory than the run allows. The machine turns this into an outcome. */
export class MemoryExhausted extends Error {
  constructor(poolBytes: number) {
    super(`the guest touched more than ${poolBytes} bytes of memory`);
    this.name = "MemoryExhausted";
  }
}
