import { A, type Kernel, R } from "./lanes.ts";
import type { VectorCompiler } from "./vector-instruction.ts";
import { unary } from "./vector-shapes.ts";

type Elements = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Elements widened to 16 or 32 bits; whether with sign or zeros is in the type of the source. */
function widen(from: Elements, to: Int16Array | Int32Array): Kernel {
  const size = to.BYTES_PER_ELEMENT;
  return (bytes) => {
    const count = bytes / size;
    for (let n = 0; n < count; n++) to[n] = from[n]!;
  };
}

function widenToQuadwords(from: Elements): Kernel {
  return (bytes) => {
    for (let n = 0; n < bytes >> 3; n++) {
      const value = from[n]!;
      R.i32[2 * n] = value;
      R.i32[2 * n + 1] = value < 0 ? -1 : 0;
    }
  };
}

/** Sign and zero extension. */
export const EXTENSIONS: Readonly<Record<string, VectorCompiler>> = {
  pmovsxbw: unary(widen(A.i8, R.i16)),
  pmovsxbd: unary(widen(A.i8, R.i32)),
  pmovsxbq: unary(widenToQuadwords(A.i8)),
  pmovsxwd: unary(widen(A.i16, R.i32)),
  pmovsxwq: unary(widenToQuadwords(A.i16)),
  pmovsxdq: unary(widenToQuadwords(A.i32)),
  pmovzxbw: unary(widen(A.u8, R.i16)),
  pmovzxbd: unary(widen(A.u8, R.i32)),
  pmovzxbq: unary(widenToQuadwords(A.u8)),
  pmovzxwd: unary(widen(A.u16, R.i32)),
  pmovzxwq: unary(widenToQuadwords(A.u16)),
  pmovzxdq: unary(widenToQuadwords(A.u32)),
};
