#include "runtime.h"

/* The platform for a Linux user program, without a C library. It prints what start-bare.asm prints around program_main. */

static long system_call(long number, long first, long second, long third)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

void put_zero_terminated(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        long written = system_call(1, 1, (long)text, (long)left);
        if (written <= 0)
            system_call(231, 1, 0, 0);
        text += written;
        left -= (size_t)written;
    }
}

__attribute__((used)) static void start(void)
{
    put_zero_terminated("hvdiff guest ");
    put_zero_terminated(program_name);
    put_zero_terminated("\n");
    program_main();
    put_zero_terminated("done\n");
    system_call(231, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tandq $-16, %rsp\n\tcall start\n\thlt\n");
