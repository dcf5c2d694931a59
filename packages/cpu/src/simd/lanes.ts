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

const LANES_BYTES = 32;

function createLanes(): Lanes {
  const buffer = new ArrayBuffer(LANES_BYTES);
  return {
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
    i16: new Int16Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}

/*
 * Operands of the vector instruction that is being executed: executors copy registers and memory here, kernels compute from here to here.
 * Nothing in them outlives the instruction, so all processors share them.
 */

/** First source; the old destination of a legacy instruction. */
export const A = createLanes();
/** Second source. */
export const B = createLanes();
/** Third source: a mask, or the addend of a fused operation. */
export const C = createLanes();
/** Result. */
export const R = createLanes();

/**
 * Computes R from A, B and C.
 * @param bytes length of the vector: 8, 16 or 32
 * @param immediate imm8 as an unsigned number, 0 without one
 */
export type Kernel = (bytes: number, immediate: number) => void;
