#include "workbench.h"

/* Integer instructions as a compiler chooses them: every width of division, shifts, rotations, bit scans, carries. */

static u64 divisions(u64 sum, u64 a, u64 b)
{
    u8 b8 = (u8)(b | 1);
    u16 b16 = (u16)(b | 1);
    u32 b32 = (u32)b | 1;

    sum = mix(sum, a / (b | 1) + a % (b | 1));
    sum = mix(sum, (u32)a / b32 ^ (u64)((u32)a % b32) << 32);
    sum = mix(sum, (u64)((u16)a / b16) << 16 | (u16)a % b16);
    sum = mix(sum, (u64)((u8)a / b8) << 8 | (u8)a % b8);
    sum = mix(sum, (u64)((s64)(a >> 1) / ((s64)b | 1)) ^ (u64)((s64)(a >> 1) % ((s64)b | 1)));
    sum = mix(sum, (u64)(s64)((s32)(a >> 33) / ((s32)b | 1)));
    sum = mix(sum, (u64)(s64)((s32)a / 7) ^ (u64)((s64)a / 1000000007) ^ a % 10);
    return mix(sum, (u64)(s64)((int16_t)a / 100 + (int8_t)b / 3));
}

static u64 products(u64 sum, u64 a, u64 b)
{
    unsigned __int128 wide = (unsigned __int128)a * b;
    __int128 signed_wide = (__int128)(s64)a * (s64)b;

    sum = mix(sum, (u64)wide ^ (u64)(wide >> 64));
    sum = mix(sum, (u64)(signed_wide >> 64));
    sum = mix(sum, (u64)(wide >> (a & 63)) + (u64)(wide << (b & 63) >> 64));
    sum = mix(sum, (u64)((u32)a * (u64)(u32)b) - (u64)((s64)(s32)a * (s32)b));
    return mix(sum, (u64)(u16)((u16)a * 40503u) + (u8)((u8)a * (u8)b));
}

static u64 shifts(u64 sum, u64 a, u32 n)
{
    u32 n32 = n & 31, n64 = n & 63;
    u64 left = a << n64 | a >> (-n64 & 63);
    u32 right = (u32)a >> n32 | (u32)a << (-n32 & 31);
    u16 turned = (u16)((u16)a << (n & 15) | (u16)a >> (-n & 15));

    sum = mix(sum, left ^ right ^ (u64)turned << 20);
    sum = mix(sum, (u64)((s64)a >> n64) + (u64)(s64)((s32)a >> n32));
    return mix(sum, __builtin_bswap64(a) ^ __builtin_bswap32((u32)a));
}

static u64 bits(u64 sum, u64 a)
{
    u64 b = a | 1 | (u64)1 << 63, counted = 0;

    for (u64 rest = a; rest; rest &= rest - 1)
        counted++;
    sum = mix(sum, (u64)__builtin_ctzll(a | (u64)1 << 63) << 8 | (u64)__builtin_clzll(a | 1));
    sum = mix(sum, (u64)__builtin_ctz((u32)a | 0x80000000) << 8 | (u64)__builtin_clz((u32)a | 1));
    sum = mix(sum, b >> (a & 63) & 1 ? counted : b ^ (u64)1 << (a & 63));
    return mix(sum, (a & ~((u64)1 << (counted & 63))) | (u64)1 << (a >> 58));
}

static u64 carries(u64 sum, u64 a, u64 b)
{
    u64 added, taken, multiplied;
    int over = __builtin_add_overflow(a, b, &added);
    int under = __builtin_sub_overflow((s64)a, (s64)b, (s64 *)&taken);
    int beyond = __builtin_mul_overflow((s64)a, (s64)(b >> 40), (s64 *)&multiplied);
    unsigned __int128 total = ((unsigned __int128)a << 64 | b) + ((unsigned __int128)b << 64 | a) - a;

    sum = mix(sum, added ^ taken ^ multiplied);
    sum = mix(sum, (u64)(over << 2 | under << 1 | beyond));
    sum = mix(sum, (u64)(total >> 64) ^ (u64)total);
    return mix(sum, (a < b ? a : b) - ((s64)a > (s64)b ? a : b) + (u64)((u8)a > (u8)b) + (u64)((int16_t)a <= (int16_t)b));
}

u64 run_arithmetic(void)
{
    u64 state = 0xdecade, sum = 0;

    for (u32 i = 0; i < 4000; i++) {
        u64 a = (u64)next_random(&state) << 32 | next_random(&state);
        u64 b = ((u64)next_random(&state) << 32 | next_random(&state)) >> (i & 63);
        sum = divisions(sum, a, b);
        sum = products(sum, a, b);
        sum = shifts(sum, a, i);
        sum = bits(sum, a & b);
        sum = carries(sum, a, b);
    }
    return sum;
}
