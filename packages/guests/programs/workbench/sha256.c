#include "workbench.h"

/* SHA-256; its constants are computed as the standard defines them: from roots of the first primes, in integers. */

static u32 round_constants[64];
static u32 initial[8];

/* The first 32 fractional bits of the root of `power` (2 or 3) of a number. */
static u32 root_fraction(u32 number, int power)
{
    u64 root = 0;

    for (int bit = 35; bit >= 0; bit--) {
        u64 candidate = root | (u64)1 << bit;
        unsigned __int128 square = (unsigned __int128)candidate * candidate;
        int fits;

        if (power == 2)
            fits = square <= (unsigned __int128)number << 64;
        else
            fits = square * candidate <= (unsigned __int128)number << 96;
        if (fits)
            root = candidate;
    }
    return (u32)root;
}

static int is_prime(u32 number)
{
    for (u32 divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return 0;
    return 1;
}

static void make_constants(void)
{
    u32 prime = 2;

    for (u32 i = 0; i < 64; i++, prime++) {
        while (!is_prime(prime))
            prime++;
        round_constants[i] = root_fraction(prime, 3);
        if (i < 8)
            initial[i] = root_fraction(prime, 2);
    }
}

static u32 turn(u32 x, int n)
{
    return x >> n | x << (32 - n);
}

static void compress(u32 *state, const u8 *block)
{
    u32 w[64], s[8];

    for (int i = 0; i < 16; i++, block += 4)
        w[i] = (u32)block[0] << 24 | (u32)block[1] << 16 | (u32)block[2] << 8 | block[3];
    for (int i = 16; i < 64; i++) {
        u32 low = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 high = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    memcpy(s, state, sizeof(s));
    for (int i = 0; i < 64; i++) {
        u32 choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        u32 majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        u32 first = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) + choice + round_constants[i] + w[i];
        u32 second = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + majority;
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += first;
        s[0] = first + second;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static u64 digest(u64 sum, const u8 *data, size_t size)
{
    u32 state[8];
    u8 last[128] = { 0 };
    size_t whole = size & ~(size_t)63, rest = size - whole;
    size_t padded = rest < 56 ? 64 : 128;

    memcpy(state, initial, sizeof(state));
    for (size_t at = 0; at < whole; at += 64)
        compress(state, data + at);
    memcpy(last, data + whole, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 8; i++)
        last[padded - 1 - i] = (u8)((u64)size * 8 >> 8 * i);
    compress(state, last);
    if (padded == 128)
        compress(state, last + 64);
    for (int i = 0; i < 8; i++)
        sum = mix(sum, state[i]);
    return state[0] == 0xba7816bf && size == 3 ? sum + 1 : sum;
}

u64 run_sha256(void)
{
    static u8 data[6000];
    u64 sum;

    make_constants();
    sum = digest(0, (const u8 *)"abc", 3);
    make_words((char *)data, sizeof(data), 11);
    sum = digest(sum, data, sizeof(data));
    for (size_t size = 50; size < 70; size++)
        sum = digest(sum, data, size);
    return sum;
}
