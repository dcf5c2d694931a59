#include "workbench.h"

/* Control that leaves functions sideways: stacks switched by hand, and leaving a recursion at once. */

struct context {
    u64 sp;
};

static struct context main_context, workers[3];
static u64 stacks[3][512] __attribute__((aligned(16)));
static u64 log_sum;
static u32 running, left_over;

void switch_stack(struct context *from, struct context *to);

/* Saves what a function must keep, changes stacks, and returns to whoever called on the other stack. */
__asm__(".text\n"
        "switch_stack:\n\tpush %rbp\n\tpush %rbx\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n"
        "\tmov %rsp, (%rdi)\n\tmov (%rsi), %rsp\n"
        "\tpop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbx\n\tpop %rbp\n\tret\n");

static void give_way(void)
{
    switch_stack(&workers[running], &main_context);
}

static void note(u64 value)
{
    log_sum = mix(log_sum, value << 4 | running);
}

static void count_down(u32 from)
{
    if (from == 0)
        return;
    note(from);
    give_way();
    count_down(from - 1);
}

static void worker(void)
{
    for (u32 turn = 1; turn <= 20; turn++) {
        double share = (double)(turn * (running + 1)) / 3;
        count_down(turn % 5 + running);
        note((u64)(share * 1000));
    }
    left_over--;
    for (;;)
        give_way();
}

static void start(u32 index)
{
    u64 *top = &stacks[index][COUNT(stacks[0])];

    /* As if worker had been called: its return address is never used, six registers are to be popped before it. */
    *--top = 0;
    *--top = 0;
    *--top = (u64)worker;
    top -= 6;
    memset(top, 0, 6 * sizeof(u64));
    workers[index].sp = (u64)top;
}

static void *way_out[5];

static __attribute__((noinline)) u32 search(u32 depth, u32 wanted)
{
    note(depth);
    if (depth == wanted)
        __builtin_longjmp(way_out, 1);
    return depth > 60 ? depth : search(depth + 1, wanted) + search(depth + 30, wanted) + depth;
}

static __attribute__((noinline)) u64 escape(u32 wanted)
{
    if (__builtin_setjmp(way_out))
        return log_sum ^ 0x5a5a;
    return search(0, wanted);
}

u64 run_coroutine(void)
{
    u64 sum = 0;

    log_sum = 0;
    left_over = COUNT(workers);
    for (u32 i = 0; i < COUNT(workers); i++)
        start(i);
    for (u32 turn = 0; left_over > 0; turn++) {
        running = turn * 7 % 3;
        switch_stack(&main_context, &workers[running]);
    }
    for (u32 wanted = 10; wanted < 100; wanted += 17)
        sum = mix(sum, escape(wanted));
    return mix(sum, log_sum);
}
