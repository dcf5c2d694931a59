#include "workbench.h"

/* Base 64, UTF-8, run lengths, numbers of variable length, and a generation or two of Life. */

static size_t to_base64(char *out, const u8 *in, size_t size)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *start = out;

    for (size_t at = 0; at < size; at += 3) {
        u32 left = (u32)(size - at), group = (u32)in[at] << 16;
        group |= left > 1 ? (u32)in[at + 1] << 8 : 0;
        group |= left > 2 ? in[at + 2] : 0;
        *out++ = DIGITS[group >> 18];
        *out++ = DIGITS[group >> 12 & 63];
        *out++ = left > 1 ? DIGITS[group >> 6 & 63] : '=';
        *out++ = left > 2 ? DIGITS[group & 63] : '=';
    }
    return (size_t)(out - start);
}

static size_t put_utf8(u8 *out, u32 point)
{
    if (point < 0x80) {
        out[0] = (u8)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (u8)(0x80 | (point & 63));
    out[0] = (u8)(0xf00 >> length | point);
    return length;
}

static u32 get_utf8(const u8 **in)
{
    u32 first = *(*in)++, more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    u32 point = more ? first & (0x3fu >> more) : first;

    for (; more; more--)
        point = point << 6 | (*(*in)++ & 63);
    return point;
}

static size_t put_variable(u8 *out, s64 value)
{
    u64 folded = (u64)value << 1 ^ (u64)(value >> 63);
    size_t length = 0;

    for (; folded >= 0x80; folded >>= 7)
        out[length++] = (u8)(folded | 0x80);
    out[length++] = (u8)folded;
    return length;
}

static u64 row_sums(u64 above, u64 here, u64 below)
{
    u64 ones = 0, twos = 0, fours = 0;
    u64 neighbours[8] = { above << 1, above, above >> 1, here << 1, here >> 1, below << 1, below, below >> 1 };

    for (int i = 0; i < 8; i++) {
        u64 carry = ones & neighbours[i], high = twos & carry;
        ones ^= neighbours[i];
        twos ^= carry;
        fours |= high;
    }
    return twos & ~fours & (ones | here);
}

static u64 life(u64 state, u32 generations)
{
    u64 rows[66] = { 0 }, next[66] = { 0 }, sum = 0;

    for (u32 i = 1; i <= 64; i++)
        rows[i] = (u64)next_random(&state) << 32 | next_random(&state);
    while (generations--) {
        for (u32 i = 1; i <= 64; i++)
            next[i] = row_sums(rows[i - 1], rows[i], rows[i + 1]);
        memcpy(rows, next, sizeof(rows));
        sum = mix_bytes(sum, rows, sizeof(rows));
    }
    return sum;
}

u64 run_encoding(void)
{
    static u8 bytes[8000];
    static char letters[9000];
    u64 state = 404, sum = 0;
    size_t used = 0;

    for (u32 i = 0; i < 1500; i++)
        used += put_utf8(bytes + used, next_random(&state) >> (11 + i % 18));
    sum = mix_bytes(sum, letters, to_base64(letters, bytes, used));
    sum = mix_bytes(sum, letters, to_base64(letters, bytes + 1, used - 2));
    for (const u8 *at = bytes; at < bytes + used;)
        sum = mix(sum, get_utf8(&at));
    used = 0;
    for (u32 i = 0; i < 800; i++)
        used += put_variable(bytes + used, (s64)((u64)next_random(&state) << 32) >> (i & 63));
    sum = mix_bytes(sum, bytes, used);
    return mix(sum, life(state, 40));
}
