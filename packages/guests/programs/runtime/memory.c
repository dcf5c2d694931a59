#include "runtime.h"

/* String instructions for what is long, a loop for what is short: both kinds occur in compiled programs. */

void *memcpy(void *to, const void *from, size_t size)
{
    void *result = to;

    if (size >= 64) {
        size_t words = size >> 3;
        size &= 7;
        __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    }
    u8 *out = to;
    const u8 *in = from;
    while (size--)
        *out++ = *in++;
    return result;
}

void *memmove(void *to, const void *from, size_t size)
{
    u8 *out = to;
    const u8 *in = from;

    if (out <= in || out >= in + size)
        return memcpy(to, from, size);
    while (size--)
        out[size] = in[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *result = to;

    if (size >= 64)
        __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    u8 *out = to;
    while (size--)
        *out++ = (u8)value;
    return result;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const u8 *left = a, *right = b;

    for (; size; size--, left++, right++)
        if (*left != *right)
            return *left < *right ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}
