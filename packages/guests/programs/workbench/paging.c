#include "workbench.h"

/* A model of 4-level paging: tables in a small memory of their own, mapping, walking, access rights, a cache of results. */

#define FRAMES 96
#define PRESENT 1u
#define WRITE 2u
#define USER 4u
#define ACCESSED 0x20u
#define DIRTY 0x40u
#define LARGE 0x80u
#define NO_EXECUTE ((u64)1 << 63)
#define ADDRESS 0x000ffffffffff000

enum access { READ_IT = 0, WRITE_IT = 2, FETCH_IT = 16 };

struct result {
    u64 physical;
    u32 fault;
};

static u64 frames[FRAMES][512];
static u32 frames_used;

static u64 *table_at(u64 entry)
{
    return frames[(entry & ADDRESS) >> 12];
}

static u32 index_of(u64 linear, int level)
{
    return (u32)(linear >> (3 + 9 * level)) & 511;
}

static int map(u64 root, u64 linear, u64 physical, u64 flags, int leaf_level)
{
    u64 *table = table_at(root);

    for (int level = 4; level > leaf_level; level--) {
        u64 *entry = &table[index_of(linear, level)];
        if (!(*entry & PRESENT)) {
            if (frames_used == FRAMES)
                return 0;
            *entry = (u64)frames_used++ << 12 | PRESENT | WRITE | USER;
        }
        if (*entry & LARGE)
            return 0;
        table = table_at(*entry);
    }
    table[index_of(linear, leaf_level)] = physical | flags | PRESENT | (leaf_level > 1 ? LARGE : 0);
    return 1;
}

static struct result walk(u64 root, u64 linear, enum access access, int user)
{
    u64 *path[5], rights = ~(u64)0, never = 0;
    u64 *table = table_at(root);
    u32 code = (u32)access | (user ? 4u : 0);
    int level = 4;

    if ((u64)((s64)(linear << 16) >> 16) != linear)
        return (struct result){ 0, ~0u };
    for (;; level--) {
        path[level] = &table[index_of(linear, level)];
        u64 entry = *path[level];
        if (!(entry & PRESENT))
            return (struct result){ 0, 0x100 | code };
        rights &= entry;
        never |= entry & NO_EXECUTE;
        if (level == 1 || (entry & LARGE))
            break;
        table = table_at(entry);
    }
    if ((user && !(rights & USER)) || (access == WRITE_IT && !(rights & WRITE)) || (access == FETCH_IT && never))
        return (struct result){ 0, 0x101 | code };
    for (int above = 4; above >= level; above--)
        *path[above] |= ACCESSED;
    if (access == WRITE_IT)
        *path[level] |= DIRTY;
    u64 offset = ((u64)1 << (3 + 9 * level)) - 1;
    return (struct result){ (*path[level] & ADDRESS & ~offset) | (linear & offset), 0 };
}

static struct {
    u64 page, frame;
} cache[64];

static struct result translate(u64 root, u64 linear, u32 *hits)
{
    u32 slot = (u32)(linear >> 12) & 63;

    if (cache[slot].page == (linear >> 12 | 1)) {
        (*hits)++;
        return (struct result){ cache[slot].frame | (linear & 4095), 0 };
    }
    struct result result = walk(root, linear, READ_IT, 0);
    if (!result.fault) {
        cache[slot].page = linear >> 12 | 1;
        cache[slot].frame = result.physical & ~(u64)4095;
    }
    return result;
}

u64 run_paging(void)
{
    static const u64 BASES[] = { 0, 0x40000000, 0x7f0000000000, 0xffff800000000000, 0xffffffff80000000 };
    static const enum access ACCESSES[] = { READ_IT, WRITE_IT, FETCH_IT };
    u64 state = 6, sum = 0;
    u32 hits = 0;

    memset(frames, 0, sizeof(frames));
    frames_used = 1;
    for (u32 i = 0; i < 600; i++) {
        u64 random = next_random(&state);
        int level = random % 16 == 0 ? 2 : 1;
        u64 offset = (random >> 4 & 1023) << (3 + 9 * level);
        u64 flags = (random >> 20 & (WRITE | USER)) | (random & 0x80000000 ? NO_EXECUTE : 0);
        sum = mix(sum, (u64)map(0, BASES[random % COUNT(BASES)] + offset, (random << 21) & ADDRESS, flags, level));
    }
    for (u32 i = 0; i < 6000; i++) {
        u64 random = next_random(&state), linear = BASES[random % COUNT(BASES)] + (random >> 8 & 0x3fffff);
        struct result result = walk(0, linear, ACCESSES[i % 3], i & 1);
        sum = mix(sum, result.physical ^ (u64)result.fault << 52);
        sum = mix(sum, translate(0, linear & ~(u64)0x1f0000, &hits).physical);
    }
    sum = mix(sum, walk(0, (u64)1 << 47, READ_IT, 0).fault);
    return mix_bytes(mix(sum, hits), frames, sizeof(u64) * 512 * 4);
}
