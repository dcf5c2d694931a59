#include "workbench.h"

/* A B-tree of order 8: insertion with splits on the way down, search, and a walk in order. */

#define MOST 7
#define HALF 3

struct page {
    u32 count;
    u32 is_leaf;
    u64 keys[MOST];
    u32 values[MOST];
    struct page *children[MOST + 1];
};

static struct page pages[2000];
static u32 pages_used;

static struct page *new_page(u32 is_leaf)
{
    struct page *page = &pages[pages_used++];

    memset(page, 0, sizeof(*page));
    page->is_leaf = is_leaf;
    return page;
}

static void split(struct page *parent, u32 slot)
{
    struct page *left = parent->children[slot], *right = new_page(left->is_leaf);

    right->count = MOST - HALF - 1;
    memcpy(right->keys, left->keys + HALF + 1, right->count * sizeof(u64));
    memcpy(right->values, left->values + HALF + 1, right->count * sizeof(u32));
    memcpy(right->children, left->children + HALF + 1, (right->count + 1) * sizeof(struct page *));
    left->count = HALF;
    memmove(parent->keys + slot + 1, parent->keys + slot, (parent->count - slot) * sizeof(u64));
    memmove(parent->values + slot + 1, parent->values + slot, (parent->count - slot) * sizeof(u32));
    memmove(parent->children + slot + 2, parent->children + slot + 1, (parent->count - slot) * sizeof(struct page *));
    parent->keys[slot] = left->keys[HALF];
    parent->values[slot] = left->values[HALF];
    parent->children[slot + 1] = right;
    parent->count++;
}

static u32 slot_of(const struct page *page, u64 key)
{
    u32 low = 0, high = page->count;

    while (low < high) {
        u32 middle = (low + high) / 2;
        if (page->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct page **root, u64 key, u32 value)
{
    if ((*root)->count == MOST) {
        struct page *above = new_page(0);
        above->children[0] = *root;
        *root = above;
        split(above, 0);
    }
    for (struct page *page = *root;;) {
        u32 slot = slot_of(page, key);
        if (slot < page->count && page->keys[slot] == key) {
            page->values[slot] += value;
            return;
        }
        if (page->is_leaf) {
            memmove(page->keys + slot + 1, page->keys + slot, (page->count - slot) * sizeof(u64));
            memmove(page->values + slot + 1, page->values + slot, (page->count - slot) * sizeof(u32));
            page->keys[slot] = key;
            page->values[slot] = value;
            page->count++;
            return;
        }
        if (page->children[slot]->count == MOST) {
            split(page, slot);
            continue;
        }
        page = page->children[slot];
    }
}

static u32 find(const struct page *page, u64 key)
{
    for (;;) {
        u32 slot = slot_of(page, key);
        if (slot < page->count && page->keys[slot] == key)
            return page->values[slot];
        if (page->is_leaf)
            return 0;
        page = page->children[slot];
    }
}

static u64 walk(const struct page *page, u64 sum, u32 depth)
{
    for (u32 i = 0; i <= page->count; i++) {
        if (!page->is_leaf)
            sum = walk(page->children[i], sum, depth + 1);
        if (i < page->count)
            sum = mix(sum, page->keys[i] ^ (u64)page->values[i] << 40 ^ depth);
    }
    return sum;
}

u64 run_btree(void)
{
    struct page *root;
    u64 state = 41, sum = 0;

    pages_used = 0;
    root = new_page(1);
    for (u32 i = 0; i < 3500; i++)
        insert(&root, next_random(&state) % 9000, i);
    for (u64 key = 0; key < 9000; key += 3)
        sum += find(root, key);
    return walk(root, mix(sum, pages_used), 0);
}
