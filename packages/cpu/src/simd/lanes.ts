/** One vector of up to 256 bits, seen as elements of each type. */
export interface Lanes {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** Bytes of one operand's lanes. */
export const LANES_BYTES = 32;

/** The buffer that all lanes lie in, in the order A, B, C, R; behind them is room for intermediate results. */
export const LANES_BUFFER = new ArrayBuffer(8 * LANES_BYTES);

function createLanes(place: number): Lanes {
  const at = place * LANES_BYTES;
  return {
    i8: new Int8Array(LANES_BUFFER, at, LANES_BYTES),
    u8: new Uint8Array(LANES_BUFFER, at, LANES_BYTES),
    i16: new Int16Array(LANES_BUFFER, at, LANES_BYTES / 2),
    u16: new Uint16Array(LANES_BUFFER, at, LANES_BYTES / 2),
    i32: new Int32Array(LANES_BUFFER, at, LANES_BYTES / 4),
    u32: new Uint32Array(LANES_BUFFER, at, LANES_BYTES / 4),
    f32: new Float32Array(LANES_BUFFER, at, LANES_BYTES / 4),
    f64: new Float64Array(LANES_BUFFER, at, LANES_BYTES / 8),
  };
}

/*
 * Operands of the vector instruction that is being executed: executors copy registers and memory here, kernels compute from here to here.
 * Nothing in them outlives the instruction, so all processors share them.
 */

/** First source; the old destination of a legacy instruction. */
export const A = createLanes(0);
/** Second source. */
export const B = createLanes(1);
/** Third source: a mask, or the addend of a fused operation. */
export const C = createLanes(2);
/** Result. */
export const R = createLanes(3);

/**
 * Computes R from A, B and C.
 * @param bytes length of the vector: 8, 16 or 32
 * @param immediate imm8 as an unsigned number, 0 without one
 */
export type Kernel = (bytes: number, immediate: number) => void;
