#include "workbench.h"

static u32 table[8][256];

static void make_table(void)
{
    for (u32 i = 0; i < 256; i++) {
        u32 value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        table[0][i] = value;
    }
    for (u32 i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][i] = table[slice - 1][i] >> 8 ^ table[0][table[slice - 1][i] & 255];
}

static u32 crc32_bytes(const u8 *data, size_t size)
{
    u32 value = ~0u;

    while (size--)
        value = value >> 8 ^ table[0][(value ^ *data++) & 255];
    return ~value;
}

static u32 crc32_slices(const u8 *data, size_t size)
{
    u32 value = ~0u;

    for (; size >= 8; size -= 8, data += 8) {
        u64 word;
        memcpy(&word, data, 8);
        word ^= value;
        value = 0;
        for (int i = 0; i < 8; i++)
            value ^= table[7 - i][word >> 8 * i & 255];
    }
    while (size--)
        value = value >> 8 ^ table[0][(value ^ *data++) & 255];
    return ~value;
}

static u64 crc64_bits(const u8 *data, size_t size)
{
    u64 value = 0;

    while (size--) {
        value ^= (u64)*data++ << 56;
        for (int bit = 0; bit < 8; bit++)
            value = value << 1 ^ ((s64)value < 0 ? 0x42f0e1eba9ea3693 : 0);
    }
    return value;
}

static u16 crc16_bits(const u8 *data, size_t size)
{
    u16 value = 0xffff;

    while (size--) {
        value ^= (u16)(*data++ << 8);
        for (int bit = 0; bit < 8; bit++)
            value = (u16)(value & 0x8000 ? value << 1 ^ 0x1021 : value << 1);
    }
    return value;
}

static u32 adler(const u8 *data, size_t size)
{
    u32 low = 1, high = 0;

    while (size--) {
        low = (low + *data++) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

u64 run_crc(void)
{
    static u8 data[8000];
    u64 sum = 0;

    make_table();
    make_words((char *)data, sizeof(data), 5);
    sum = mix(sum, crc32_bytes((const u8 *)"123456789", 9));
    for (size_t start = 0; start < 5; start++) {
        u32 one = crc32_bytes(data + start, sizeof(data) - 2 * start);
        u32 other = crc32_slices(data + start, sizeof(data) - 2 * start);
        sum = mix(sum, (u64)one << 32 | other);
    }
    sum = mix(sum, crc64_bits(data, 3000));
    sum = mix(sum, crc16_bits(data, 3000));
    return mix(sum, adler(data, sizeof(data)));
}
