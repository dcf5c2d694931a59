#include "workbench.h"

/* Modular exponentiation with 384-bit numbers: products of 64-bit limbs, Montgomery's reduction. */

#define LIMBS 6

typedef unsigned __int128 u128;
typedef u64 number[LIMBS];

static u64 subtract(u64 *out, const u64 *a, const u64 *b)
{
    u64 borrow = 0;

    for (int i = 0; i < LIMBS; i++) {
        u128 difference = (u128)a[i] - b[i] - borrow;
        out[i] = (u64)difference;
        borrow = (u64)(difference >> 64) & 1;
    }
    return borrow;
}

static int is_less(const u64 *a, const u64 *b)
{
    for (int i = LIMBS - 1; i >= 0; i--)
        if (a[i] != b[i])
            return a[i] < b[i];
    return 0;
}

/* -1 / n modulo 2^64, by doubling the number of correct bits. */
static u64 negative_inverse(u64 n)
{
    u64 x = n;

    for (int i = 0; i < 6; i++)
        x *= 2 - n * x;
    return -x;
}

static void montgomery(u64 *out, const u64 *a, const u64 *b, const u64 *modulus, u64 inverse)
{
    u64 t[LIMBS + 2] = { 0 };

    for (int i = 0; i < LIMBS; i++) {
        u128 carry = 0;
        for (int j = 0; j < LIMBS; j++) {
            carry += (u128)a[j] * b[i] + t[j];
            t[j] = (u64)carry;
            carry >>= 64;
        }
        carry += t[LIMBS];
        t[LIMBS] = (u64)carry;
        t[LIMBS + 1] = (u64)(carry >> 64);

        u64 factor = t[0] * inverse;
        carry = ((u128)factor * modulus[0] + t[0]) >> 64;
        for (int j = 1; j < LIMBS; j++) {
            carry += (u128)factor * modulus[j] + t[j];
            t[j - 1] = (u64)carry;
            carry >>= 64;
        }
        carry += t[LIMBS];
        t[LIMBS - 1] = (u64)carry;
        t[LIMBS] = t[LIMBS + 1] + (u64)(carry >> 64);
    }
    if (t[LIMBS] || !is_less(t, modulus))
        subtract(out, t, modulus);
    else
        memcpy(out, t, sizeof(number));
}

static void double_modulo(u64 *a, const u64 *modulus)
{
    u64 carry = a[LIMBS - 1] >> 63;

    for (int i = LIMBS - 1; i > 0; i--)
        a[i] = a[i] << 1 | a[i - 1] >> 63;
    a[0] <<= 1;
    if (carry || !is_less(a, modulus))
        subtract(a, a, modulus);
}

static void power(u64 *out, const u64 *base, const u64 *exponent, const u64 *modulus)
{
    u64 inverse = negative_inverse(modulus[0]);
    number one = { 1 }, factor, result;

    for (int i = 0; i < 64 * LIMBS; i++)
        double_modulo(one, modulus);
    memcpy(factor, base, sizeof(number));
    for (int i = 0; i < 64 * LIMBS; i++)
        double_modulo(factor, modulus);
    memcpy(result, one, sizeof(number));
    for (int bit = 64 * LIMBS - 1; bit >= 0; bit--) {
        montgomery(result, result, result, modulus, inverse);
        if (exponent[bit >> 6] >> (bit & 63) & 1)
            montgomery(result, result, factor, modulus, inverse);
    }
    number plain = { 1 };
    montgomery(out, result, plain, modulus, inverse);
}

u64 run_bignum(void)
{
    number modulus, base, first, second, one_way, other_way;
    u64 sum = 0, state = 0x1234567;

    for (int i = 0; i < LIMBS; i++) {
        modulus[i] = (u64)next_random(&state) << 32 | next_random(&state);
        base[i] = (u64)next_random(&state) << 32 | next_random(&state);
        first[i] = i < 1 ? next_random(&state) : 0;
        second[i] = i < 3 ? next_random(&state) : 0;
    }
    modulus[0] |= 1;
    modulus[LIMBS - 1] |= (u64)1 << 63;
    base[LIMBS - 1] >>= 1;
    power(one_way, base, first, modulus);
    power(one_way, one_way, second, modulus);
    power(other_way, base, second, modulus);
    power(other_way, other_way, first, modulus);
    sum = mix(sum, memcmp(one_way, other_way, sizeof(number)) == 0);
    return mix_bytes(sum, one_way, sizeof(number));
}
