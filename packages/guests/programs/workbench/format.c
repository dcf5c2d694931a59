#include "workbench.h"

#include <stdarg.h>

struct target {
    char *out;
    size_t room;
    size_t length;
};

struct directive {
    int left;
    char pad;
    u32 width;
};

static void put(struct target *target, char c)
{
    if (target->length + 1 < target->room)
        target->out[target->length] = c;
    target->length++;
}

static void put_padded(struct target *target, const struct directive *how, const char *text, size_t length)
{
    size_t fill = how->width > length ? how->width - length : 0;

    if (!how->left)
        for (; fill; fill--)
            put(target, how->pad);
    for (size_t i = 0; i < length; i++)
        put(target, text[i]);
    for (; fill; fill--)
        put(target, ' ');
}

static size_t digits_of(char *out, u64 value, u32 base)
{
    char reversed[64];
    size_t count = 0;

    do {
        reversed[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (size_t i = 0; i < count; i++)
        out[i] = reversed[count - 1 - i];
    return count;
}

static void put_number(struct target *target, const struct directive *how, u64 value, char kind)
{
    char digits[72];
    size_t length = 0;

    if (kind == 'd' && (s64)value < 0) {
        digits[length++] = '-';
        value = -value;
    }
    length += digits_of(digits + length, value, kind == 'x' || kind == 'p' ? 16 : 10);
    put_padded(target, how, digits, length);
}

static const char *read_directive(const char *form, struct directive *how)
{
    how->left = 0;
    how->pad = ' ';
    how->width = 0;
    for (; *form == '-' || *form == '0'; form++) {
        if (*form == '-')
            how->left = 1;
        else
            how->pad = '0';
    }
    for (; *form >= '0' && *form <= '9'; form++)
        how->width = how->width * 10 + (u32)(*form - '0');
    return form;
}

static void format_list(struct target *target, const char *form, va_list list)
{
    struct directive how;

    for (; *form; form++) {
        if (*form != '%') {
            put(target, *form);
            continue;
        }
        form = read_directive(form + 1, &how);
        switch (*form) {
        case 's': {
            const char *text = va_arg(list, const char *);
            put_padded(target, &how, text, strlen(text));
            break;
        }
        case 'c': {
            char c = (char)va_arg(list, int);
            put_padded(target, &how, &c, 1);
            break;
        }
        case 'd':
        case 'u':
        case 'x':
        case 'p':
            put_number(target, &how, va_arg(list, u64), *form);
            break;
        default:
            put(target, *form);
        }
    }
}

size_t format_text(char *out, size_t room, const char *form, ...)
{
    struct target target = { out, room, 0 };
    va_list list;

    va_start(list, form);
    format_list(&target, form, list);
    va_end(list);
    out[target.length < room ? target.length : room - 1] = 0;
    return target.length;
}

u64 run_format(void)
{
    static const char *const NAMES[] = { "rax", "rbx", "cr0", "ia32_efer", "" };
    char line[96];
    u64 sum = 0, state = 77;

    for (u32 i = 0; i < 500; i++) {
        u64 value = (u64)next_random(&state) << (next_random(&state) & 31);
        size_t length = format_text(line, sizeof(line), "%-10s|%16x|%d %08u %c%%|%5s", NAMES[i % 5], value,
                                    (u64)(-(s64)value >> (i & 15)), value % 99999999, 'a' + (int)(i % 26),
                                    NAMES[(i >> 2) % 5]);
        sum = mix_text(mix(sum, length), line);
        if (i % 100 == 0)
            sum = mix(sum, format_text(line, 12, "%s and %p", "what is too long", value));
    }
    return mix_text(sum, line);
}
