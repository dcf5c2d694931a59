/* What the modules share: checksums, random numbers, and the list of all of them. */
#ifndef WORKBENCH_H
#define WORKBENCH_H

#include "runtime.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* name: what it prints; each is a function of its own file, and returns a checksum of all it did. */
#define MODULES(each) \
    each(sha256) each(aes) each(crc) each(lz) each(huffman) each(bignum) each(regex) each(json) each(btree) \
    each(rbtree) each(hashtable) each(bytecode) each(lisp) each(fft) each(nbody) each(matrix) each(mandelbrot) \
    each(sorting) each(dijkstra) each(buddy) each(paging) each(decoder) each(exits) each(format) each(arithmetic) \
    each(coroutine) each(extended) each(convert) each(vectors) each(puzzle) each(text) each(events) each(encoding)

#define DECLARE_MODULE(name) u64 run_##name(void);
MODULES(DECLARE_MODULE)

static inline u64 mix(u64 sum, u64 value)
{
    sum = (sum ^ value) * 0x9e3779b97f4a7c15;
    return sum ^ (sum >> 29);
}

static inline u64 mix_double(u64 sum, double value)
{
    union {
        double number;
        u64 bits;
    } both = { value };

    return mix(sum, both.bits);
}

static inline u64 mix_bytes(u64 sum, const void *data, size_t size)
{
    const u8 *bytes = data;

    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3;
    return mix(sum, size);
}

static inline u64 mix_text(u64 sum, const char *text)
{
    return mix_bytes(sum, text, strlen(text));
}

static inline u32 next_random(u64 *state)
{
    u64 x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return (u32)(x >> 32);
}

/* format.c: %s %c %d %u %x %p with a width, - and 0; d, u and x take 64 bits. Returns the length without the final zero. */
size_t format_text(char *out, size_t room, const char *form, ...);

/* words.c: a deterministic text that looks like one, for what compresses, searches and parses. */
size_t make_words(char *out, size_t room, u64 seed);

#endif
