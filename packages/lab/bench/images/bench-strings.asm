; Bandwidth of REP STOSQ and REP MOVSQ: blocks of 1 MiB.

%define GUEST_NAME "bench-strings"
%include "hvdiff.inc"

SOURCE              equ 32 << 20
TARGET              equ 40 << 20
BLOCK               equ 1 << 20
BLOCKS              equ 1024

        section .text
        bits    64
        default rel

main:
        cld
        say     "begin", 10
        mov     ebx, BLOCKS
.fill:  mov     rdi, TARGET
        mov     ecx, BLOCK / 8
        mov     rax, 0x0123456789abcdef
        rep     stosq
        dec     ebx
        jnz     .fill
        say     "moves", 10
        mov     ebx, BLOCKS
.move:  mov     rsi, SOURCE
        mov     rdi, TARGET
        mov     ecx, BLOCK / 8
        rep     movsq
        dec     ebx
        jnz     .move
        say     "end", 10
        xor     eax, eax
        ret

%include "image-end.inc"
