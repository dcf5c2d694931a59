#include "workbench.h"
#include "waves.h"

/* Conversions between integers, float and double, comparisons with NaN, infinities, zeros and denormals. */

static const u64 SPECIAL[] = {
    0, 0x8000000000000000, 1, 0x8000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x3ff0000000000000,
    0xbff8000000000000, 0x4340000000000001, 0x43e0000000000000, 0xc3e0000000000000, 0x7fefffffffffffff,
    0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000001, 0xfff8000000000000, 0x36a0000000000000,
    0x380fffffe0000000, 0x47efffffefffffff, 0x41dfffffffc00000, 0xc1e0000000200000, 0x3fdfffffffffffff,
};

static double from_bits(u64 bits)
{
    union {
        u64 bits;
        double number;
    } both = { bits };

    return both.number;
}

static u64 mix_float(u64 sum, float value)
{
    union {
        float number;
        u32 bits;
    } both = { value };

    return mix(sum, both.bits);
}

static s64 to_integer(double x)
{
    s64 result;

    /* The instruction itself: what C leaves undefined has a value there. */
    __asm__("cvttsd2si %1, %0" : "=r"(result) : "x"(x));
    return result;
}

static s32 to_rounded(float x)
{
    s32 result;

    __asm__("cvtss2si %1, %0" : "=r"(result) : "x"(x));
    return result;
}

static u64 compare(u64 sum, double a, double b)
{
    u32 flags = 0;

    flags |= a < b ? 1 : 0;
    flags |= a <= b ? 2 : 0;
    flags |= a == b ? 4 : 0;
    flags |= a != b ? 8 : 0;
    flags |= a > b ? 16 : 0;
    flags |= __builtin_isunordered(a, b) ? 32 : 0;
    flags |= (float)a < (float)b ? 64 : 0;
    flags |= (float)a == (float)b ? 128 : 0;
    sum = mix(sum, flags);
    return mix_double(sum, a < b ? a : b);
}

static u64 compute(u64 sum, double a, double b)
{
    float c = (float)a, d = (float)b;

    sum = mix_double(sum, a + b);
    sum = mix_double(sum, a - b);
    sum = mix_double(sum, a * b);
    sum = mix_double(sum, a / b);
    sum = mix_float(sum, c + d);
    sum = mix_float(sum, c * d);
    sum = mix_float(sum, c / d);
    return mix_double(sum, (double)(c - d));
}

u64 run_convert(void)
{
    u64 state = 33, sum = 0;

    for (size_t i = 0; i < COUNT(SPECIAL); i++) {
        double a = from_bits(SPECIAL[i]);
        sum = mix(sum, (u64)to_integer(a) ^ (u64)(u32)to_rounded((float)a));
        sum = mix_float(mix_double(sum, square_root(a)), (float)a);
        for (size_t j = 0; j < COUNT(SPECIAL); j++) {
            sum = compare(sum, a, from_bits(SPECIAL[j]));
            sum = compute(sum, a, from_bits(SPECIAL[j]));
        }
    }
    for (u32 i = 0; i < 1500; i++) {
        u64 bits = (u64)next_random(&state) << 32 | next_random(&state);
        s64 integer = (s64)bits >> (i & 63);
        sum = mix_double(sum, (double)integer);
        sum = mix_double(sum, (double)(u64)integer);
        sum = mix_float(sum, (float)integer);
        sum = mix_float(sum, (float)(s32)integer);
        sum = mix(sum, (u64)to_integer((double)integer / 3));
        sum = compute(compare(sum, (double)integer, from_bits(bits)), from_bits(bits), (double)integer);
    }
    return sum;
}
