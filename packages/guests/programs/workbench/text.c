#include "workbench.h"

/* Searching and comparing text: Knuth, Morris and Pratt; edit distance; the longest common part; sorted suffixes. */

static u32 search(const char *text, size_t size, const char *wanted)
{
    u32 fall[32], length = (u32)strlen(wanted), matched = 0, found = 0;

    fall[0] = 0;
    for (u32 i = 1, k = 0; i < length; i++) {
        while (k > 0 && wanted[i] != wanted[k])
            k = fall[k - 1];
        fall[i] = k += wanted[i] == wanted[k];
    }
    for (size_t i = 0; i < size; i++) {
        while (matched > 0 && (matched == length || text[i] != wanted[matched]))
            matched = fall[matched - 1];
        matched += text[i] == wanted[matched];
        found += matched == length;
    }
    return found;
}

static u32 edit_distance(const char *a, u32 a_length, const char *b, u32 b_length)
{
    u32 row[128];

    for (u32 j = 0; j <= b_length; j++)
        row[j] = j;
    for (u32 i = 1; i <= a_length; i++) {
        u32 corner = row[0];
        row[0] = i;
        for (u32 j = 1; j <= b_length; j++) {
            u32 above = row[j], change = corner + (a[i - 1] != b[j - 1]);
            u32 least = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
            corner = above;
        }
    }
    return row[b_length];
}

static u32 common_part(const char *a, u32 a_length, const char *b, u32 b_length)
{
    static u16 table[128][128];
    u32 best = 0;

    for (u32 i = 0; i < a_length; i++)
        for (u32 j = 0; j < b_length; j++) {
            table[i + 1][j + 1] = a[i] == b[j] ? (u16)(table[i][j] + 1) : 0;
            if (table[i + 1][j + 1] > best)
                best = table[i + 1][j + 1];
        }
    return best;
}

static u64 sort_suffixes(const char *text, u32 count)
{
    u16 order[400];
    u64 sum = 0;

    for (u32 i = 0; i < count; i++) {
        u32 j = i;
        for (; j > 0; j--) {
            const char *a = text + order[j - 1], *b = text + i;
            while (*a && *a == *b) {
                a++;
                b++;
            }
            if ((u8)*a <= (u8)*b)
                break;
            order[j] = order[j - 1];
        }
        order[j] = (u16)i;
    }
    for (u32 i = 0; i < count; i++)
        sum = mix(sum, order[i]);
    return sum;
}

static u64 upper_case(char *text)
{
    u64 changed = 0;

    for (; *text; text++)
        if (*text >= 'a' && *text <= 'z') {
            *text = (char)(*text - 32);
            changed++;
        }
    return changed;
}

u64 run_text(void)
{
    static const char *const WANTED[] = { "page", "the the", "a", "exits to host", "aab", "ta" };
    static char text[10000];
    size_t size = make_words(text, sizeof(text), 88);
    u64 sum = 0;

    for (size_t i = 0; i < COUNT(WANTED); i++)
        sum = mix(sum, search(text, size, WANTED[i]));
    for (u32 i = 0; i < 8; i++) {
        sum = mix(sum, edit_distance(text + i * 50, 100, text + i * 211, 100 - i));
        sum = mix(sum, common_part(text + i * 31, 100, text + i * 400, 90));
    }
    sum = mix(sum, sort_suffixes(text + size - 300, 300));
    return mix_text(mix(sum, upper_case(text)), text);
}
