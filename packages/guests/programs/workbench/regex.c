#include "workbench.h"

/* Regular expressions by backtracking: . * + ? [a-z] [^x] ^ $ and groups with |. */

struct matcher {
    const char *start;
    u64 steps;
};

static const char *match_here(struct matcher *m, const char *form, const char *end, const char *text);

static const char *skip_atom(const char *form, const char *end)
{
    if (*form == '[') {
        for (form++; form < end && *form != ']'; form++)
            ;
        return form + 1;
    }
    if (*form == '(') {
        int depth = 0;
        for (; form < end; form++) {
            depth += *form == '(' ? 1 : *form == ')' ? -1 : 0;
            if (depth == 0)
                break;
        }
    }
    return form + 1;
}

static int class_has(const char *set, char c)
{
    int inverted = set[1] == '^', found = 0;

    for (set += 1 + inverted; *set != ']'; set++) {
        if (set[1] == '-' && set[2] != ']') {
            found |= c >= set[0] && c <= set[2];
            set += 2;
        } else
            found |= c == *set;
    }
    return found != inverted;
}

static int matches_one(const char *atom, char c)
{
    if (c == 0)
        return 0;
    switch (*atom) {
    case '.':
        return c != '\n';
    case '[':
        return class_has(atom, c);
    case '\\':
        return c == atom[1];
    default:
        return c == *atom;
    }
}

static const char *match_group(struct matcher *m, const char *group, const char *after, const char *end, const char *text)
{
    const char *close = after - 1, *from = group + 1, *at = from;

    for (int depth = 0;; at++) {
        if (at == close || (*at == '|' && depth == 0)) {
            const char *middle = match_here(m, from, at, text);
            const char *whole = middle ? match_here(m, after, end, middle) : NULL;
            if (whole || at == close)
                return whole;
            from = at + 1;
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
    }
}

static const char *match_repeated(struct matcher *m, const char *atom, const char *rest, const char *end, const char *text)
{
    size_t least = *rest == '+', most = *rest == '?' ? 1 : 10000, count = 0;

    while (count < most && matches_one(atom, text[count]))
        count++;
    for (;; count--) {
        const char *found = count >= least ? match_here(m, rest + 1, end, text + count) : NULL;
        if (found || count <= least)
            return found;
    }
}

static const char *match_here(struct matcher *m, const char *form, const char *end, const char *text)
{
    for (;;) {
        m->steps++;
        if (form >= end)
            return text;
        if (*form == '^' || *form == '$') {
            if (*form == '^' ? text != m->start && text[-1] != '\n' : *text != 0 && *text != '\n')
                return NULL;
            form++;
            continue;
        }
        const char *after = skip_atom(form, end);
        if (*form == '(')
            return match_group(m, form, after, end, text);
        if (after < end && (*after == '*' || *after == '+' || *after == '?'))
            return match_repeated(m, form, after, end, text);
        if (!matches_one(form, *text))
            return NULL;
        form = after;
        text++;
    }
}

u64 run_regex(void)
{
    static const char *const FORMS[] = {
        "[A-Z][a-z]* is ", "guest (exits|state)", "t.*e", "(page|control) (table|field)", "^The", "[^a-z ]+ ?$",
        "a(b|c(d|e))?", "m[a-m]*e m?", "h[eo]s?t", "pro.es+or",
    };
    static char text[1500];
    size_t size = make_words(text, sizeof(text), 31);
    struct matcher matcher = { text, 0 };
    u64 sum = 0;

    for (size_t i = 0; i < COUNT(FORMS); i++)
        for (size_t at = 0; at < size; at++) {
            const char *found = match_here(&matcher, FORMS[i], FORMS[i] + strlen(FORMS[i]), text + at);
            if (found)
                sum = mix(sum, (u64)(found - text) << 16 | at);
        }
    return mix(sum, matcher.steps);
}
