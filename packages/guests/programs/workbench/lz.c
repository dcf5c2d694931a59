#include "workbench.h"

/* A compressor in the manner of Lempel and Ziv: literal runs and matches of 4 or more bytes found through a hash table. */

#define HASH_BITS 12
#define MIN_MATCH 4
#define MAX_MATCH 66
#define WINDOW 4096

static u32 hash_of(const u8 *at)
{
    u32 word;

    memcpy(&word, at, 4);
    return word * 2654435761u >> (32 - HASH_BITS);
}

static size_t match_length(const u8 *a, const u8 *b, const u8 *end)
{
    size_t length = 0;

    while (b + length < end && length < MAX_MATCH && a[length] == b[length])
        length++;
    return length;
}

static u8 *put_literals(u8 *out, const u8 *from, size_t count)
{
    while (count > 0) {
        size_t run = count < 64 ? count : 64;
        *out++ = (u8)(run - 1);
        memcpy(out, from, run);
        out += run;
        from += run;
        count -= run;
    }
    return out;
}

static size_t compress(const u8 *in, size_t size, u8 *out)
{
    static u32 heads[1 << HASH_BITS];
    const u8 *end = in + size, *at = in, *pending = in;
    u8 *start = out;

    memset(heads, 0xff, sizeof(heads));
    while (at + MIN_MATCH <= end) {
        u32 *head = &heads[hash_of(at)];
        u32 candidate = *head, here = (u32)(at - in);
        size_t length = 0;

        *head = here;
        if (candidate != ~0u && here - candidate < WINDOW)
            length = match_length(in + candidate, at, end);
        if (length < MIN_MATCH) {
            at++;
            continue;
        }
        out = put_literals(out, pending, (size_t)(at - pending));
        *out++ = (u8)(64 | (length - MIN_MATCH));
        *out++ = (u8)(here - candidate);
        *out++ = (u8)((here - candidate) >> 8);
        at += length;
        pending = at;
    }
    out = put_literals(out, pending, (size_t)(end - pending));
    return (size_t)(out - start);
}

static size_t expand(const u8 *in, size_t size, u8 *out)
{
    const u8 *end = in + size;
    u8 *start = out;

    while (in < end) {
        u8 token = *in++;
        if (token & 64) {
            size_t length = (token & 63) + MIN_MATCH, distance = in[0] | (size_t)in[1] << 8;
            in += 2;
            for (; length; length--, out++)
                *out = out[-(ptrdiff_t)distance];
        } else {
            memcpy(out, in, token + 1u);
            in += token + 1;
            out += token + 1;
        }
    }
    return (size_t)(out - start);
}

u64 run_lz(void)
{
    static u8 data[14000], packed[16000], again[14000];
    u64 sum = 0, state = 3;

    for (u32 turn = 0; turn < 3; turn++) {
        size_t size = make_words((char *)data, sizeof(data) - turn * 1000, 90 + turn);
        if (turn == 2)
            for (size_t i = 0; i < size; i += 3)
                data[i] = (u8)next_random(&state);
        size_t length = compress(data, size, packed);
        sum = mix(sum, length);
        sum = mix_bytes(sum, packed, length);
        sum = mix(sum, expand(packed, length, again) == size && memcmp(data, again, size) == 0);
    }
    return sum;
}
