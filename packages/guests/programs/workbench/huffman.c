#include "workbench.h"

/* Canonical prefix codes: lengths from a heap of weights, then encoding and decoding bit by bit. */

struct node {
    u32 weight;
    s32 left, right;
};

struct coder {
    struct node nodes[511];
    u32 heap[256], heap_size;
    u8 length[256];
    u32 code[256];
};

static int lighter(const struct coder *c, u32 a, u32 b)
{
    return c->nodes[a].weight != c->nodes[b].weight ? c->nodes[a].weight < c->nodes[b].weight : a < b;
}

static void push(struct coder *c, u32 node)
{
    u32 at = c->heap_size++;

    for (; at > 0 && lighter(c, node, c->heap[(at - 1) / 2]); at = (at - 1) / 2)
        c->heap[at] = c->heap[(at - 1) / 2];
    c->heap[at] = node;
}

static u32 pop(struct coder *c)
{
    u32 top = c->heap[0], last = c->heap[--c->heap_size], at = 0;

    for (;;) {
        u32 child = 2 * at + 1;
        if (child >= c->heap_size)
            break;
        if (child + 1 < c->heap_size && lighter(c, c->heap[child + 1], c->heap[child]))
            child++;
        if (!lighter(c, c->heap[child], last))
            break;
        c->heap[at] = c->heap[child];
        at = child;
    }
    c->heap[at] = last;
    return top;
}

static void set_lengths(struct coder *c, s32 node, u8 depth)
{
    if (c->nodes[node].left < 0) {
        c->length[node] = depth;
        return;
    }
    set_lengths(c, c->nodes[node].left, (u8)(depth + 1));
    set_lengths(c, c->nodes[node].right, (u8)(depth + 1));
}

static void make_codes(struct coder *c, const u8 *data, size_t size)
{
    u32 count = 256, code = 0;

    memset(c, 0, sizeof(*c));
    for (size_t i = 0; i < size; i++)
        c->nodes[data[i]].weight++;
    for (u32 i = 0; i < 256; i++) {
        c->nodes[i].left = -1;
        c->nodes[i].weight++;
        push(c, i);
    }
    while (c->heap_size > 1) {
        u32 left = pop(c), right = pop(c);
        c->nodes[count] = (struct node){ c->nodes[left].weight + c->nodes[right].weight, (s32)left, (s32)right };
        push(c, count++);
    }
    set_lengths(c, (s32)pop(c), 0);
    for (u8 length = 1; length < 32; length++, code <<= 1)
        for (u32 i = 0; i < 256; i++)
            if (c->length[i] == length)
                c->code[i] = code++;
}

static size_t encode(const struct coder *c, const u8 *data, size_t size, u8 *out)
{
    u64 held = 0;
    u32 bits = 0;
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        held = held << c->length[data[i]] | c->code[data[i]];
        for (bits += c->length[data[i]]; bits >= 8; bits -= 8)
            out[used++] = (u8)(held >> (bits - 8));
    }
    out[used++] = (u8)(held << (8 - bits));
    return used;
}

static u64 decode(const struct coder *c, const u8 *in, size_t count)
{
    u64 sum = 0;
    size_t at = 0;

    while (count--) {
        /* The codes are canonical, not the tree's own bits: found by code and length. */
        s32 node = -1;
        u32 code = 0;
        u8 length = 0;
        while (node < 0) {
            code = code << 1 | (in[at >> 3] >> (7 - (at & 7)) & 1u);
            at++;
            length++;
            for (s32 i = 0; i < 256 && length >= 2; i++)
                if (c->length[i] == length && c->code[i] == code)
                    node = i;
        }
        sum = mix(sum, (u64)node);
    }
    return sum;
}

u64 run_huffman(void)
{
    static struct coder coder;
    static u8 data[12000], packed[12000];
    size_t size = make_words((char *)data, sizeof(data), 21);
    u64 sum;

    make_codes(&coder, data, size);
    size_t length = encode(&coder, data, size, packed);
    sum = mix_bytes(mix(0, length), packed, length);
    return mix(sum, decode(&coder, packed, 300));
}
