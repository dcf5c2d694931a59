#include "workbench.h"

/* A buddy allocator for 4096 pages: free blocks of each order in a list, their state in a bitmap. */

#define ORDERS 13
#define PAGES (1u << (ORDERS - 1))
#define NONE 0xffffu

struct buddies {
    u16 next[PAGES], previous[PAGES];
    u16 heads[ORDERS];
    u64 is_free[ORDERS][PAGES / 64];
    u32 splits, joins;
};

static int test(const struct buddies *b, u32 order, u32 page)
{
    u32 index = page >> order;

    return b->is_free[order][index >> 6] >> (index & 63) & 1;
}

static void link_block(struct buddies *b, u32 order, u32 page)
{
    b->next[page] = b->heads[order];
    b->previous[page] = NONE;
    if (b->heads[order] != NONE)
        b->previous[b->heads[order]] = (u16)page;
    b->heads[order] = (u16)page;
    b->is_free[order][page >> order >> 6] |= (u64)1 << (page >> order & 63);
}

static void unlink_block(struct buddies *b, u32 order, u32 page)
{
    u16 next = b->next[page], previous = b->previous[page];

    if (previous == NONE)
        b->heads[order] = next;
    else
        b->next[previous] = next;
    if (next != NONE)
        b->previous[next] = previous;
    b->is_free[order][page >> order >> 6] &= ~((u64)1 << (page >> order & 63));
}

static u32 allocate(struct buddies *b, u32 order)
{
    u32 found = order;

    while (found < ORDERS && b->heads[found] == NONE)
        found++;
    if (found == ORDERS)
        return NONE;
    u32 page = b->heads[found];
    unlink_block(b, found, page);
    while (found > order) {
        found--;
        b->splits++;
        link_block(b, found, page + (1u << found));
    }
    return page;
}

static void release(struct buddies *b, u32 page, u32 order)
{
    for (; order < ORDERS - 1; order++) {
        u32 buddy = page ^ 1u << order;
        if (!test(b, order, buddy))
            break;
        unlink_block(b, order, buddy);
        page &= ~(1u << order);
        b->joins++;
    }
    link_block(b, order, page);
}

static u64 free_pages(const struct buddies *b)
{
    u64 total = 0;

    for (u32 order = 0; order < ORDERS; order++)
        for (u32 i = 0; i < PAGES / 64; i++)
            for (u64 bits = b->is_free[order][i]; bits; bits &= bits - 1)
                total += (u64)1 << order;
    return total;
}

u64 run_buddy(void)
{
    static struct buddies buddies;
    static u16 held[600][2];
    u64 state = 2, sum = 0;

    memset(&buddies, 0, sizeof(buddies));
    memset(buddies.heads, 0xff, sizeof(buddies.heads));
    link_block(&buddies, ORDERS - 1, 0);
    memset(held, 0xff, sizeof(held));
    for (u32 turn = 0; turn < 8000; turn++) {
        u32 random = next_random(&state), slot = random % COUNT(held);
        if (held[slot][0] != NONE) {
            release(&buddies, held[slot][0], held[slot][1]);
            held[slot][0] = NONE;
            continue;
        }
        u32 order = (u32)__builtin_ctz(random >> 16 | 64);
        held[slot][0] = (u16)allocate(&buddies, order);
        held[slot][1] = (u16)order;
        sum = mix(sum, held[slot][0]);
    }
    sum = mix(sum, free_pages(&buddies));
    for (u32 slot = 0; slot < COUNT(held); slot++)
        if (held[slot][0] != NONE)
            release(&buddies, held[slot][0], held[slot][1]);
    sum = mix(sum, free_pages(&buddies));
    return mix(sum, (u64)buddies.splits << 32 | buddies.joins);
}
