import type { EncodingFeatures, VectorCompiler, VectorInstruction } from "./vector-instruction.ts";

/** MMX and its SSE2, AVX and AVX2 successors. */
export const MMX: EncodingFeatures = { mmx: "mmx", sse: "sse2", avx: "avx", avx256: "avx2" };
/** What SSE added to MMX. */
export const MMX_EXTENDED: EncodingFeatures = { mmx: "sse", sse: "sse2", avx: "avx", avx256: "avx2" };
/** What SSE2 added to MMX. */
export const MMX_WIDE: EncodingFeatures = { mmx: "sse2", sse: "sse2", avx: "avx", avx256: "avx2" };
export const SSSE3: EncodingFeatures = { mmx: "ssse3", sse: "ssse3", avx: "avx", avx256: "avx2" };
/** Integer instructions without an MMX form. */
export const SSE2: EncodingFeatures = { sse: "sse2", avx: "avx", avx256: "avx2" };
export const SSE41: EncodingFeatures = { sse: "sse4.1", avx: "avx", avx256: "avx2" };
export const SSE42: EncodingFeatures = { sse: "sse4.2", avx: "avx", avx256: "avx2" };
/** Instructions on floating-point vectors, whose 256-bit forms are as old as AVX. */
export const FLOAT_SSE: EncodingFeatures = { sse: "sse", avx: "avx", avx256: "avx" };
export const FLOAT_SSE2: EncodingFeatures = { sse: "sse2", avx: "avx", avx256: "avx" };
export const FLOAT_SSE3: EncodingFeatures = { sse: "pni", avx: "avx", avx256: "avx" };
export const FLOAT_SSE41: EncodingFeatures = { sse: "sse4.1", avx: "avx", avx256: "avx" };
export const AVX: EncodingFeatures = { avx: "avx", avx256: "avx" };
export const AVX2: EncodingFeatures = { avx: "avx2", avx256: "avx2" };

/** The instructions of a table that have the same encodings. */
export function withFeatures<Name extends string>(
  features: EncodingFeatures,
  compilers: Readonly<Record<Name, VectorCompiler>>,
): Readonly<Record<string, VectorInstruction>> {
  return Object.fromEntries(
    Object.entries<VectorCompiler>(compilers).map(([name, compile]) => [name, { features, compile }]),
  );
}
