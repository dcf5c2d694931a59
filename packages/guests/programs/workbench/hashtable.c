#include "workbench.h"

/* Counts the words of a text: open addressing with deletion by moving back, growing at 70 per cent. */

struct slot {
    const char *word;
    u32 length, count;
    u64 hash;
};

struct counter {
    struct slot *slots;
    u32 size, used;
};

static struct slot room[2][2048];

static u64 hash_of(const char *word, u32 length)
{
    u64 hash = 0xcbf29ce484222325;

    while (length--)
        hash = (hash ^ (u8)*word++) * 0x100000001b3;
    return hash ^ hash >> 31;
}

static struct slot *find(struct counter *c, const char *word, u32 length, u64 hash)
{
    for (u32 at = hash & (c->size - 1);; at = (at + 1) & (c->size - 1)) {
        struct slot *slot = &c->slots[at];
        if (!slot->word || (slot->hash == hash && slot->length == length && memcmp(slot->word, word, length) == 0))
            return slot;
    }
}

static void grow(struct counter *c)
{
    struct slot *old = c->slots;
    u32 old_size = c->size;

    c->slots = old == room[0] ? room[1] : room[0];
    c->size *= 2;
    memset(c->slots, 0, c->size * sizeof(struct slot));
    for (u32 i = 0; i < old_size; i++)
        if (old[i].word)
            *find(c, old[i].word, old[i].length, old[i].hash) = old[i];
}

static void count_word(struct counter *c, const char *word, u32 length)
{
    u64 hash = hash_of(word, length);
    struct slot *slot = find(c, word, length, hash);

    if (!slot->word) {
        if ((c->used + 1) * 10 > c->size * 7) {
            grow(c);
            slot = find(c, word, length, hash);
        }
        *slot = (struct slot){ word, length, 0, hash };
        c->used++;
    }
    slot->count++;
}

static void remove_at(struct counter *c, u32 hole)
{
    u32 mask = c->size - 1;

    for (u32 at = (hole + 1) & mask; c->slots[at].word; at = (at + 1) & mask) {
        u32 home = c->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            c->slots[hole] = c->slots[at];
            hole = at;
        }
    }
    c->slots[hole].word = NULL;
    c->used--;
}

u64 run_hashtable(void)
{
    static char text[16000];
    struct counter counter = { room[0], 16, 0 };
    size_t size = make_words(text, sizeof(text), 61);
    u64 sum = 0;

    memset(room, 0, sizeof(room));
    /* Overlapping pieces of the text are words too, so that there are many. */
    for (size_t at = 0; at + 8 < size; at += 5)
        count_word(&counter, text + at, 2 + at % 3);
    for (u32 i = 0; i < counter.size; i++)
        if (counter.slots[i].word && counter.slots[i].count == 1)
            remove_at(&counter, i);
    for (u32 i = 0; i < counter.size; i++)
        if (counter.slots[i].word)
            sum = mix(sum, counter.slots[i].hash ^ counter.slots[i].count);
    return mix(sum, counter.used);
}
