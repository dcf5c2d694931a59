#include "workbench.h"

/* AES-128 in counter and cipher block chaining mode, byte-wise, with the substitution box computed. */

static u8 box[256], inverse_box[256];

static u8 times_x(u8 a)
{
    return (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

static u8 times(u8 a, u8 b)
{
    u8 product = 0;

    for (; b; b >>= 1, a = times_x(a))
        if (b & 1)
            product ^= a;
    return product;
}

static void make_boxes(void)
{
    u8 power[256], logarithm[256];
    u8 a = 1;

    for (int i = 0; i < 255; i++) {
        power[i] = a;
        logarithm[a] = (u8)i;
        a = (u8)(a ^ times_x(a));
    }
    for (int i = 0; i < 256; i++) {
        u8 inverted = i == 0 ? 0 : power[(255 - logarithm[i]) % 255];
        u8 value = 0x63;
        for (int shift = 0; shift < 5; shift++)
            value ^= (u8)(inverted << shift | inverted >> (8 - shift));
        box[i] = value;
        inverse_box[value] = (u8)i;
    }
}

static void expand_key(u8 keys[176], const u8 key[16])
{
    u8 constant = 1;

    memcpy(keys, key, 16);
    for (int at = 16; at < 176; at += 4) {
        u8 word[4];
        memcpy(word, keys + at - 4, 4);
        if (at % 16 == 0) {
            u8 first = word[0];
            word[0] = (u8)(box[word[1]] ^ constant);
            word[1] = box[word[2]];
            word[2] = box[word[3]];
            word[3] = box[first];
            constant = times_x(constant);
        }
        for (int i = 0; i < 4; i++)
            keys[at + i] = (u8)(keys[at + i - 16] ^ word[i]);
    }
}

static void add_key(u8 *block, const u8 *key)
{
    for (int i = 0; i < 16; i++)
        block[i] ^= key[i];
}

static void mix_column(u8 *c)
{
    u8 all = (u8)(c[0] ^ c[1] ^ c[2] ^ c[3]), first = c[0];

    for (int i = 0; i < 3; i++)
        c[i] ^= (u8)(all ^ times_x((u8)(c[i] ^ c[i + 1])));
    c[3] ^= (u8)(all ^ times_x((u8)(c[3] ^ first)));
}

static void encrypt(u8 *block, const u8 *keys)
{
    add_key(block, keys);
    for (int round = 1; round <= 10; round++) {
        u8 next[16];
        for (int i = 0; i < 16; i++)
            next[i] = box[block[(i + 4 * (i & 3)) & 15]];
        if (round < 10)
            for (int column = 0; column < 16; column += 4)
                mix_column(next + column);
        add_key(next, keys + 16 * round);
        memcpy(block, next, 16);
    }
}

static void decrypt(u8 *block, const u8 *keys)
{
    for (int round = 10; round >= 1; round--) {
        u8 next[16];
        add_key(block, keys + 16 * round);
        for (int column = 0; column < 16 && round < 10; column += 4) {
            u8 c[4];
            memcpy(c, block + column, 4);
            for (int i = 0; i < 4; i++)
                block[column + i] = (u8)(times(c[i], 14) ^ times(c[(i + 1) & 3], 11) ^ times(c[(i + 2) & 3], 13) ^
                                         times(c[(i + 3) & 3], 9));
        }
        for (int i = 0; i < 16; i++)
            next[(i + 4 * (i & 3)) & 15] = inverse_box[block[i]];
        memcpy(block, next, 16);
    }
    add_key(block, keys);
}

u64 run_aes(void)
{
    u8 key[16], block[16], keys[176], counter[16] = { 0 };
    u64 sum = 0;

    make_boxes();
    for (int i = 0; i < 16; i++) {
        key[i] = (u8)i;
        block[i] = (u8)(i * 0x11);
    }
    expand_key(keys, key);
    encrypt(block, keys);
    sum = mix_bytes(sum, block, 16);
    for (int i = 0; i < 120; i++) {
        counter[15] = (u8)i;
        add_key(block, counter);
        encrypt(block, keys);
        sum = mix_bytes(sum, block, 16);
    }
    for (int i = 0; i < 60; i++)
        decrypt(block, keys);
    return mix_bytes(sum, block, 16);
}
