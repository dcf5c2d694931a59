import { AES } from "./aes.ts";
import { BITWISE } from "./bitwise.ts";
import { BLENDS } from "./blends.ts";
import { CARRYLESS } from "./carryless.ts";
import { DOT_PRODUCTS } from "./dot-products.ts";
import { ELEMENTS } from "./elements.ts";
import { EXTENSIONS } from "./extensions.ts";
import { FLOAT_INSTRUCTIONS } from "./float/index.ts";
import { FULL_MOVES } from "./full-moves.ts";
import { GATHERS } from "./gathers.ts";
import { INTEGER_ARITHMETIC } from "./integer-arithmetic.ts";
import { MASKED_MOVES } from "./masked-moves.ts";
import { MULTIPLY } from "./multiply.ts";
import { PERMUTES } from "./permutes.ts";
import { SCALAR_MOVES } from "./scalar-moves.ts";
import { SHA } from "./sha.ts";
import { SHUFFLES } from "./shuffles.ts";
import { SIGN_MASKS } from "./sign-masks.ts";
import { STRING_COMPARE } from "./string-compare.ts";
import { type InstructionCompiler, vectorCompilers } from "./vector-instruction.ts";
import { VECTOR_SHIFTS } from "./vector-shifts.ts";
import { VECTOR_STATE } from "./vector-state.ts";

/** MMX, SSE and AVX instructions by the decoder's mnemonic. */
export const VECTOR_INSTRUCTIONS: Readonly<Record<string, InstructionCompiler>> = vectorCompilers({
  ...AES,
  ...BITWISE,
  ...BLENDS,
  ...CARRYLESS,
  ...DOT_PRODUCTS,
  ...ELEMENTS,
  ...EXTENSIONS,
  ...FULL_MOVES,
  ...GATHERS,
  ...INTEGER_ARITHMETIC,
  ...MASKED_MOVES,
  ...MULTIPLY,
  ...PERMUTES,
  ...SCALAR_MOVES,
  ...SHA,
  ...SHUFFLES,
  ...SIGN_MASKS,
  ...STRING_COMPARE,
  ...VECTOR_SHIFTS,
  ...VECTOR_STATE,
  ...FLOAT_INSTRUCTIONS,
});
