#include "workbench.h"

/* Reads JSON into a tree of nodes from a pool, sums it up and prints it again. */

enum kind { K_NULL, K_FALSE, K_TRUE, K_NUMBER, K_STRING, K_LIST, K_OBJECT };

struct value {
    enum kind kind;
    double number;
    const char *text, *name;
    size_t text_length, name_length;
    struct value *first, *next;
};

static struct value pool[4000];
static size_t pool_used;
static const char *cursor;

static struct value *parse_value(void);

static void skip_space(void)
{
    while (*cursor == ' ' || *cursor == '\n')
        cursor++;
}

static int accept(char c)
{
    skip_space();
    if (*cursor != c)
        return 0;
    cursor++;
    return 1;
}

static const char *parse_string(size_t *length)
{
    const char *start = ++cursor;

    while (*cursor && *cursor != '"')
        cursor += *cursor == '\\' ? 2 : 1;
    *length = (size_t)(cursor++ - start);
    return start;
}

static double parse_number(void)
{
    double value = 0, scale = 1;
    int negative = *cursor == '-';

    for (cursor += negative; *cursor >= '0' && *cursor <= '9'; cursor++)
        value = value * 10 + (*cursor - '0');
    if (*cursor == '.')
        for (cursor++; *cursor >= '0' && *cursor <= '9'; cursor++)
            value += (*cursor - '0') * (scale /= 10);
    if (*cursor == 'e') {
        int down = *++cursor == '-', exponent = 0;
        for (cursor += down; *cursor >= '0' && *cursor <= '9'; cursor++)
            exponent = exponent * 10 + *cursor - '0';
        while (exponent--)
            value = down ? value / 10 : value * 10;
    }
    return negative ? -value : value;
}

static void parse_members(struct value *parent, char close)
{
    struct value **link = &parent->first;

    for (cursor++; !accept(close); accept(',')) {
        const char *name = NULL;
        size_t name_length = 0;
        skip_space();
        if (close == '}') {
            name = parse_string(&name_length);
            accept(':');
        }
        struct value *member = parse_value();
        member->name = name;
        member->name_length = name_length;
        *link = member;
        link = &member->next;
    }
}

static struct value *parse_value(void)
{
    struct value *value = &pool[pool_used++];

    memset(value, 0, sizeof(*value));
    skip_space();
    switch (*cursor) {
    case '{':
        value->kind = K_OBJECT;
        parse_members(value, '}');
        break;
    case '[':
        value->kind = K_LIST;
        parse_members(value, ']');
        break;
    case '"':
        value->kind = K_STRING;
        value->text = parse_string(&value->text_length);
        break;
    case 't':
    case 'n':
        value->kind = *cursor == 't' ? K_TRUE : K_NULL;
        cursor += 4;
        break;
    case 'f':
        value->kind = K_FALSE;
        cursor += 5;
        break;
    default:
        value->kind = K_NUMBER;
        value->number = parse_number();
    }
    return value;
}

static u64 sum_up(u64 sum, const struct value *value, u32 depth)
{
    for (; value; value = value->next) {
        sum = mix(sum, (u64)value->kind << 8 | depth);
        if (value->name)
            sum = mix_bytes(sum, value->name, value->name_length);
        if (value->kind == K_NUMBER)
            sum = mix_double(sum, value->number);
        if (value->kind == K_STRING)
            sum = mix_bytes(sum, value->text, value->text_length);
        sum = sum_up(sum, value->first, depth + 1);
    }
    return sum;
}

static size_t make_document(char *out, size_t room)
{
    u64 state = 5;
    size_t used = format_text(out, room, "{\"name\": \"\\\"workbench\\\"\", \"cpus\": [");

    for (u32 i = 0; i < 60; i++)
        used += format_text(out + used, room - used,
                            "%s\n{\"id\": %d, \"load\": %d.%03d, \"hot\": %s, \"slow\": -%de-%d, \"ways\": [%d, null, \"x%x\", []]}",
                            i ? "," : "", (u64)i, (u64)next_random(&state) % 100, (u64)next_random(&state) % 1000,
                            i & 1 ? "true" : "false", (u64)next_random(&state), (u64)i % 12, (u64)i * i, (u64)i << 20);
    return used + format_text(out + used, room - used, "]}");
}

u64 run_json(void)
{
    static char document[12000];
    u64 sum = make_document(document, sizeof(document));

    for (u32 turn = 0; turn < 3; turn++) {
        cursor = document;
        pool_used = 0;
        sum = sum_up(sum, parse_value(), 0);
        sum = mix(sum, pool_used);
    }
    return sum;
}
