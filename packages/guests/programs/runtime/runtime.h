/* What a program may use: no C library, the same on Linux and without an operating system. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

/* The platform's side: start-linux.c or start-bare.asm. It calls program_main. */
extern const char program_name[];
void program_main(void);
void put_zero_terminated(const char *text);

/* What the compiler itself may call. */
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

#endif
