#include "workbench.h"

/* Packed integers and numbers, through the compiler's vector types and its intrinsic functions. */

#include <emmintrin.h>

static u64 mix_vector(u64 sum, __m128i value)
{
    u64 halves[2];

    memcpy(halves, &value, sizeof(value));
    return mix(mix(sum, halves[0]), halves[1]);
}

static u64 bytes(u64 sum, __m128i a, __m128i b)
{
    sum = mix_vector(sum, _mm_adds_epu8(a, b));
    sum = mix_vector(sum, _mm_subs_epi8(a, b));
    sum = mix_vector(sum, _mm_avg_epu8(a, b));
    sum = mix_vector(sum, _mm_min_epu8(a, b));
    sum = mix_vector(sum, _mm_sad_epu8(a, b));
    sum = mix_vector(sum, _mm_cmpgt_epi8(a, b));
    return mix(sum, (u64)_mm_movemask_epi8(_mm_cmpeq_epi8(a, _mm_max_epu8(a, b))));
}

static u64 words(u64 sum, __m128i a, __m128i b)
{
    sum = mix_vector(sum, _mm_madd_epi16(a, b));
    sum = mix_vector(sum, _mm_mulhi_epi16(a, b));
    sum = mix_vector(sum, _mm_mulhi_epu16(a, b));
    sum = mix_vector(sum, _mm_mullo_epi16(a, b));
    sum = mix_vector(sum, _mm_packs_epi16(a, b));
    sum = mix_vector(sum, _mm_packus_epi16(a, b));
    sum = mix_vector(sum, _mm_packs_epi32(a, b));
    sum = mix_vector(sum, _mm_shufflelo_epi16(_mm_shufflehi_epi16(a, 0x1b), 0xb1));
    return mix(sum, (u64)_mm_extract_epi16(_mm_insert_epi16(a, 0x1234, 5), 5));
}

static u64 wide(u64 sum, __m128i a, __m128i b)
{
    __m128i count = _mm_and_si128(b, _mm_set_epi64x(0, 31));

    sum = mix_vector(sum, _mm_mul_epu32(a, b));
    sum = mix_vector(sum, _mm_sub_epi64(_mm_add_epi32(a, b), _mm_xor_si128(a, b)));
    sum = mix_vector(sum, _mm_sll_epi32(a, count));
    sum = mix_vector(sum, _mm_sra_epi16(a, count));
    sum = mix_vector(sum, _mm_srl_epi64(a, count));
    sum = mix_vector(sum, _mm_slli_si128(_mm_srli_si128(a, 3), 7));
    sum = mix_vector(sum, _mm_unpacklo_epi8(a, b));
    sum = mix_vector(sum, _mm_unpackhi_epi32(a, b));
    sum = mix_vector(sum, _mm_unpacklo_epi64(b, a));
    return mix_vector(sum, _mm_andnot_si128(_mm_shuffle_epi32(a, 0x4e), _mm_or_si128(a, b)));
}

static u64 numbers(u64 sum, __m128i a, __m128i b)
{
    __m128 x = _mm_cvtepi32_ps(a), y = _mm_cvtepi32_ps(_mm_srai_epi32(b, 9));
    __m128d u = _mm_cvtepi32_pd(a), v = _mm_cvtps_pd(y);

    sum = mix_vector(sum, _mm_castps_si128(_mm_add_ps(_mm_mul_ps(x, y), _mm_div_ps(x, y))));
    sum = mix_vector(sum, _mm_castps_si128(_mm_sqrt_ps(_mm_max_ps(x, y))));
    sum = mix_vector(sum, _mm_castps_si128(_mm_shuffle_ps(x, _mm_unpacklo_ps(x, y), 0x2d)));
    sum = mix_vector(sum, _mm_castpd_si128(_mm_sub_pd(_mm_div_pd(u, v), _mm_sqrt_pd(u))));
    sum = mix_vector(sum, _mm_castps_si128(_mm_cmple_ps(x, y)));
    sum = mix_vector(sum, _mm_cvtps_epi32(_mm_mul_ps(y, _mm_set1_ps(0.37f))));
    sum = mix_vector(sum, _mm_cvttpd_epi32(_mm_shuffle_pd(v, u, 1)));
    return mix(sum, (u64)(_mm_movemask_ps(y) << 4 | _mm_movemask_pd(_mm_cmpord_pd(u, v))));
}

/* A loop that the compiler may turn into vectors, and an alpha blend by hand. */
static u64 pixels(u64 state)
{
    static u8 one[256], other[256], out[256] __attribute__((aligned(16)));
    static float weights[64], totals[64];

    for (u32 i = 0; i < 256; i++) {
        one[i] = (u8)next_random(&state);
        other[i] = (u8)next_random(&state);
    }
    for (u32 i = 0; i < 256; i++)
        out[i] = (u8)((one[i] * 77 + other[i] * 179) >> 8);
    for (u32 i = 0; i < 64; i++)
        weights[i] = (float)out[i] / 255;
    for (u32 turn = 0; turn < 20; turn++)
        for (u32 i = 0; i < 64; i++)
            totals[i] = totals[i] * 0.75f + weights[i] * (float)turn;
    return mix_bytes(mix_bytes(0, out, sizeof(out)), totals, sizeof(totals));
}

u64 run_vectors(void)
{
    u64 state = 0xfeed, sum = 0;

    for (u32 i = 0; i < 500; i++) {
        u32 random[8];
        __m128i a, b;
        for (int j = 0; j < 8; j++)
            random[j] = next_random(&state);
        memcpy(&a, random, 16);
        memcpy(&b, random + 4, 16);
        sum = numbers(wide(words(bytes(sum, a, b), a, b), a, b), a, b);
    }
    return mix(sum, pixels(state));
}
