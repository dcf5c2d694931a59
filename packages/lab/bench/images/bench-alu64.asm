; A 64-bit integer loop with paging on: arithmetic, shifts, a multiplication, loads and stores, a call and branches. The lines before
; and behind it are for whoever watches the clock.

%define GUEST_NAME "bench-alu64"
%include "hvdiff.inc"

ITERATIONS          equ 20000000

        section .text
        bits    64
        default rel

main:
        mov     ebx, ITERATIONS
        mov     rsi, 0x9e3779b97f4a7c15
        xor     eax, eax
        xor     ebp, ebp
        say     "begin", 10
.loop:  add     rax, rsi
        mov     rdx, rax
        shr     rdx, 29
        xor     rax, rdx
        imul    rdx, rsi
        lea     rcx, [rdx + rax * 4 + 7]
        mov     [cells], rcx
        add     rbp, [cells + 8]
        call    mix
        test    ecx, 1
        jz      .even
        inc     rbp
.even:  dec     ebx
        jnz     .loop
        say     "end", 10
        xor     eax, eax
        ret

mix:    rol     rcx, 13
        xor     rbp, rcx
        mov     [cells + 8], rbp
        ret

        section .bss
        alignb  16
cells:          resq 2

%include "image-end.inc"
