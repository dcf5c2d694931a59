#include "workbench.h"

static const char *const WORDS[] = {
    "the", "guest", "exits", "to", "host", "when", "a", "control", "field", "is", "set", "and", "page", "table",
    "walk", "finds", "no", "entry", "register", "state", "of", "processor", "virtual", "machine", "memory", "clock",
};

size_t make_words(char *out, size_t room, u64 seed)
{
    size_t used = 0;
    u32 sentence = 0;

    for (;;) {
        u32 pick = next_random(&seed);
        const char *word = WORDS[(pick & 7) ? pick % COUNT(WORDS) : (pick >> 8) % 5];
        size_t length = strlen(word);

        if (used + length + 3 > room)
            break;
        memcpy(out + used, word, length);
        if (sentence == 0)
            out[used] = (char)(out[used] - 'a' + 'A');
        used += length;
        if (++sentence > 5 + (pick >> 20) % 9) {
            out[used++] = '.';
            sentence = 0;
        }
        out[used++] = sentence == 0 && (pick & 0x10000) ? '\n' : ' ';
    }
    out[used] = 0;
    return used;
}
