import type { VectorCompiler } from "./vector-instruction.ts";
import { type WordKernel, wordwise } from "./vector-shapes.ts";

const and: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! & others[second + n]!;
};

const andNot: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = ~s[first + n]! & others[second + n]!;
};

const or: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! | others[second + n]!;
};

const xor: WordKernel = (s, to, first, others, second, words) => {
  for (let n = 0; n < words; n++) s[to + n] = s[first + n]! ^ others[second + n]!;
};

/** Bitwise operations. */
export const BITWISE: Readonly<Record<string, VectorCompiler>> = {
  andps: wordwise(and),
  andpd: wordwise(and),
  pand: wordwise(and),
  andnps: wordwise(andNot),
  andnpd: wordwise(andNot),
  pandn: wordwise(andNot),
  orps: wordwise(or),
  orpd: wordwise(or),
  por: wordwise(or),
  xorps: wordwise(xor),
  xorpd: wordwise(xor),
  pxor: wordwise(xor),
};
