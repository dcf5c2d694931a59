#include "workbench.h"

/* A small Lisp: numbers, symbols, pairs and closures; environments are lists. Nothing is freed. */

enum tag { NUMBER, SYMBOL, PAIR, CLOSURE, PRIMITIVE };

struct cell {
    enum tag tag;
    s64 number;
    struct cell *head, *tail;
    struct cell *(*apply)(struct cell *arguments);
};

static struct cell cells[40000];
static u32 used;
static char names[64][12];
static struct cell *symbols[64];
static u32 symbol_count;
static struct cell *globals, *truth;
static const char *cursor;

static struct cell *make(enum tag tag, s64 number, struct cell *head, struct cell *tail)
{
    struct cell *cell = &cells[used++ % COUNT(cells)];

    *cell = (struct cell){ tag, number, head, tail, NULL };
    return cell;
}

static struct cell *pair(struct cell *head, struct cell *tail)
{
    return make(PAIR, 0, head, tail);
}

static struct cell *symbol(const char *name, size_t length)
{
    for (u32 i = 0; i < symbol_count; i++)
        if (memcmp(names[i], name, length) == 0 && names[i][length] == 0)
            return symbols[i];
    memcpy(names[symbol_count], name, length);
    names[symbol_count][length] = 0;
    return symbols[symbol_count] = make(SYMBOL, symbol_count, NULL, NULL), symbols[symbol_count++];
}

static struct cell *read_form(void);

static struct cell *read_list(void)
{
    while (*cursor == ' ')
        cursor++;
    if (*cursor == ')') {
        cursor++;
        return NULL;
    }
    struct cell *first = read_form();
    return pair(first, read_list());
}

static struct cell *read_form(void)
{
    while (*cursor == ' ')
        cursor++;
    if (*cursor == '(') {
        cursor++;
        return read_list();
    }
    if (*cursor >= '0' && *cursor <= '9') {
        s64 value = 0;
        while (*cursor >= '0' && *cursor <= '9')
            value = value * 10 + *cursor++ - '0';
        return make(NUMBER, value, NULL, NULL);
    }
    const char *start = cursor;
    while (*cursor && *cursor != ' ' && *cursor != '(' && *cursor != ')')
        cursor++;
    return symbol(start, (size_t)(cursor - start));
}

static struct cell *look_up(struct cell *name, struct cell *environment)
{
    for (int global = 0; global < 2; global++, environment = globals)
        for (; environment; environment = environment->tail)
            if (environment->head->head == name)
                return environment->head->tail;
    return NULL;
}

static int is_named(const struct cell *cell, const char *name)
{
    return cell && cell->tag == SYMBOL && memcmp(names[cell->number], name, strlen(name) + 1) == 0;
}

static struct cell *evaluate(struct cell *form, struct cell *environment);

static struct cell *evaluate_all(struct cell *forms, struct cell *environment)
{
    if (!forms)
        return NULL;
    struct cell *first = evaluate(forms->head, environment);
    return pair(first, evaluate_all(forms->tail, environment));
}

static struct cell *apply(struct cell *function, struct cell *arguments)
{
    if (function->tag == PRIMITIVE)
        return function->apply(arguments);
    struct cell *environment = function->tail, *parameter = function->head->head;
    for (; parameter; parameter = parameter->tail, arguments = arguments->tail)
        environment = pair(pair(parameter->head, arguments->head), environment);
    return evaluate(function->head->tail->head, environment);
}

static struct cell *evaluate(struct cell *form, struct cell *environment)
{
    if (!form || form->tag == NUMBER)
        return form;
    if (form->tag == SYMBOL)
        return look_up(form, environment);
    struct cell *head = form->head, *rest = form->tail;
    if (is_named(head, "if"))
        return evaluate(evaluate(rest->head, environment) ? rest->tail->head : rest->tail->tail->head, environment);
    if (is_named(head, "quote"))
        return rest->head;
    if (is_named(head, "fn"))
        return make(CLOSURE, 0, rest, environment);
    if (is_named(head, "def")) {
        struct cell *value = evaluate(rest->tail->head, environment);
        globals = pair(pair(rest->head, value), globals);
        return value;
    }
    struct cell *function = evaluate(head, environment);
    return apply(function, evaluate_all(rest, environment));
}

static struct cell *number(s64 value) { return make(NUMBER, value, NULL, NULL); }
static struct cell *do_add(struct cell *a) { return number(a->head->number + a->tail->head->number); }
static struct cell *do_sub(struct cell *a) { return number(a->head->number - a->tail->head->number); }
static struct cell *do_mul(struct cell *a) { return number((s64)((u64)a->head->number * (u64)a->tail->head->number)); }
static struct cell *do_mod(struct cell *a) { return number(a->head->number % a->tail->head->number); }
static struct cell *do_less(struct cell *a) { return a->head->number < a->tail->head->number ? truth : NULL; }
static struct cell *do_cons(struct cell *a) { return pair(a->head, a->tail->head); }
static struct cell *do_car(struct cell *a) { return a->head->head; }
static struct cell *do_cdr(struct cell *a) { return a->head->tail; }

static void define(const char *name, struct cell *(*function)(struct cell *))
{
    struct cell *cell = make(PRIMITIVE, 0, NULL, NULL);

    cell->apply = function;
    globals = pair(pair(symbol(name, strlen(name)), cell), globals);
}

static u64 sum_of(u64 sum, const struct cell *cell)
{
    if (!cell)
        return mix(sum, 1);
    if (cell->tag == PAIR)
        return sum_of(sum_of(mix(sum, 2), cell->head), cell->tail);
    return mix(mix(sum, cell->tag), (u64)cell->number);
}

u64 run_lisp(void)
{
    static const char *const FORMS[] = {
        "(def fact (fn (n) (if (< n 2) 1 (* n (fact (- n 1))))))",
        "(def range (fn (a b) (if (< a b) (cons a (range (+ a 1) b)) (quote ()))))",
        "(def map (fn (f l) (if l (cons (f (car l)) (map f (cdr l))) l)))",
        "(def fold (fn (f s l) (if l (fold f (f s (car l)) (cdr l)) s)))",
        "(def gcd (fn (a b) (if (< 0 b) (gcd b (% a b)) a)))",
        "(map fact (range 1 20))",
        "(fold (fn (s x) (+ (* s 31) x)) 7 (map (fn (x) (gcd x 360)) (range 1 60)))",
        "(def adder (fn (n) (fn (x) (+ x n))))",
        "(map (adder 5) (quote (1 2 3)))",
        "(def tak (fn (x y z) (if (< y x) (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y)) z)))",
        "(tak 7 4 2)",
    };
    u64 sum = 0;

    used = symbol_count = 0;
    globals = NULL;
    truth = number(1);
    define("+", do_add);
    define("-", do_sub);
    define("*", do_mul);
    define("%", do_mod);
    define("<", do_less);
    define("cons", do_cons);
    define("car", do_car);
    define("cdr", do_cdr);
    for (size_t i = 0; i < COUNT(FORMS); i++) {
        cursor = FORMS[i];
        struct cell *result = evaluate(read_form(), NULL);
        if (result && result->tag != CLOSURE)
            sum = sum_of(sum, result);
    }
    return mix(sum, used);
}
