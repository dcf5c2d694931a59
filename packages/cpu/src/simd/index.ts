import { BITWISE } from "./bitwise.ts";
import { FLOAT_INSTRUCTIONS } from "./float/index.ts";
import { FULL_MOVES } from "./full-moves.ts";
import { SCALAR_MOVES } from "./scalar-moves.ts";
import { type InstructionCompiler, vectorCompilers } from "./vector-instruction.ts";
import { VECTOR_STATE } from "./vector-state.ts";

/** MMX, SSE and AVX instructions by the decoder's mnemonic. */
export const VECTOR_INSTRUCTIONS: Readonly<Record<string, InstructionCompiler>> = vectorCompilers({
  ...FULL_MOVES,
  ...SCALAR_MOVES,
  ...BITWISE,
  ...VECTOR_STATE,
  ...FLOAT_INSTRUCTIONS,
});
