#include "workbench.h"

/* The x87 unit, by way of long double: arithmetic, comparisons, conversions, and what only it can compute. */

typedef long double extended;

static u64 mix_extended(u64 sum, extended value)
{
    union {
        extended number;
        struct {
            u64 significand;
            u16 exponent;
        } parts;
    } both = { value };

    return mix(mix(sum, both.parts.significand), both.parts.exponent);
}

static extended root(extended x)
{
    __asm__("fsqrt" : "+t"(x));
    return x;
}

static extended nearest(extended x)
{
    __asm__("frndint" : "+t"(x));
    return x;
}

static extended scaled(extended x, extended power)
{
    __asm__("fscale" : "+t"(x) : "u"(power));
    return x;
}

static extended remainder_of(extended x, extended y)
{
    u16 status;

    do
        __asm__("fprem\n\tfnstsw %1" : "+t"(x), "=a"(status) : "u"(y) : "cc");
    while (status & 0x400);
    return x;
}

/* e by its series, pi by Machin's formula. */
static extended series_e(void)
{
    extended sum = 1, term = 1;

    for (int i = 1; i < 26; i++)
        sum += term /= i;
    return sum;
}

static extended arctangent(extended x)
{
    extended sum = 0, power = x;

    for (int i = 1; i < 60; i += 2, power *= -x * x)
        sum += power / i;
    return sum;
}

static extended newton(extended target)
{
    extended x = target / 3;

    for (int i = 0; i < 60; i++) {
        extended next = x - (x * x * x - target) / (3 * x * x);
        if (next == x)
            break;
        x = next;
    }
    return x;
}

u64 run_extended(void)
{
    u64 state = 15, sum = 0;
    extended total = 0;

    sum = mix_extended(sum, series_e());
    sum = mix_extended(sum, 16 * arctangent(0.2L) - 4 * arctangent(1 / 239.0L));
    for (u32 i = 0; i < 1500; i++) {
        s64 integer = (s64)((u64)next_random(&state) << 32 | next_random(&state)) >> (i & 31);
        extended x = (extended)integer / 1024, y = (extended)(s32)next_random(&state) + 0.5L;
        total = total / 2 + x * y - y / (x + 0.125L);
        sum = mix_extended(sum, total);
        sum = mix_extended(sum, root(x < 0 ? -x : x) + nearest(y / 3) + scaled(y, (extended)((int)(i % 40) - 20)));
        sum = mix_extended(sum, remainder_of(x, y));
        sum = mix_double(sum, (double)total);
        sum = mix_double(sum, (double)(float)y);
        sum = mix(sum, (u64)(s64)(y * 1000) + (u64)(s32)(y / 77) + (x > y) + 2 * (x == y));
        if (i % 100 == 0)
            sum = mix_extended(sum, newton(y < 0 ? -y : y));
    }
    return mix_extended(sum, (extended)state);
}
