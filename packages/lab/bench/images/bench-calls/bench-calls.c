#include "runtime.h"

/* Compiled code with many calls and branches: recursion, calls through pointers, a loop that interprets. */

const char program_name[] = "bench-calls";

static volatile u64 result;

static __attribute__((noinline)) u32 fibonacci(u32 n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) u32 ackermann(u32 m, u32 n)
{
    if (m == 0)
        return n + 1;
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static u32 queens(u32 all, u32 columns, u32 left, u32 right)
{
    u32 found = columns == all;

    for (u32 open = all & ~(columns | left | right); open; open &= open - 1) {
        u32 bit = open & -open;
        found += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return found;
}

enum op { ADD, SUBTRACT, ROTATE, LOAD, STORE, REPEAT, STOP };

struct instruction {
    u8 op, a, b, c;
};

static u64 interpret(const struct instruction *program, u64 *registers, u64 *memory)
{
    const struct instruction *at = program;

    for (;; at++) {
        u64 *a = &registers[at->a], b = registers[at->b];
        switch ((enum op)at->op) {
        case ADD: *a += b + at->c; break;
        case SUBTRACT: *a -= b; break;
        case ROTATE: *a = b << (at->c & 63) | b >> (-at->c & 63); break;
        case LOAD: *a = memory[(b + at->c) & 255]; break;
        case STORE: memory[(b + at->c) & 255] = *a; break;
        case REPEAT:
            if (--*a)
                at = program + at->c - 1;
            break;
        case STOP: return registers[0];
        }
    }
}

static u64 first(u64 x) { return x * 3 + 1; }
static u64 second(u64 x) { return x >> 1 ^ x; }
static u64 third(u64 x) { return x & 1 ? first(x) : second(x); }

static u64 (*volatile const WAYS[])(u64) = { first, second, third, second };

static u64 through_pointers(u32 count)
{
    u64 x = 27;

    while (count--)
        x = WAYS[x & 3](x) + count;
    return x;
}

void program_main(void)
{
    static const struct instruction PROGRAM[] = {
        { ADD, 0, 1, 7 }, { ROTATE, 2, 0, 13 }, { STORE, 2, 1, 3 }, { SUBTRACT, 0, 2, 0 },
        { LOAD, 3, 0, 1 }, { ADD, 1, 3, 1 }, { REPEAT, 4, 0, 0 }, { STOP, 0, 0, 0 },
    };
    static u64 memory[256];
    u64 registers[8] = { 1, 2, 3, 4, 120000 };

    put_zero_terminated("begin\n");
    result += fibonacci(25);
    result += ackermann(2, 400);
    result += queens(511, 0, 0, 0);
    result += interpret(PROGRAM, registers, memory);
    result += through_pointers(400000);
    put_zero_terminated("end\n");
}
