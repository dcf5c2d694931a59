; Loads and stores through 4 KiB pages, 16 MiB of them: each eight bytes in turn, then one access to each page, which no TLB holds.

%define GUEST_NAME "bench-memory"
%include "hvdiff.inc"

AREA                equ 32 << 20
AREA_2M_PAGES       equ 8
AREA_BYTES          equ AREA_2M_PAGES << 21
ROUNDS              equ 2
PAGE_ROUNDS         equ 20

        section .text
        bits    64
        default rel

main:
        call    map_small_pages
        say     "begin", 10
        mov     ebx, ROUNDS
.round: mov     rdi, AREA
        mov     ecx, AREA_BYTES / 8
.word:  mov     rax, [rdi]
        add     rax, rcx
        mov     [rdi], rax
        add     rdi, 8
        dec     ecx
        jnz     .word
        dec     ebx
        jnz     .round
        say     "pages", 10
        mov     ebx, PAGE_ROUNDS
.pages: mov     rdi, AREA
        mov     ecx, AREA_BYTES / 4096
.page:  add     [rdi], rcx
        add     rdi, 4096
        dec     ecx
        jnz     .page
        dec     ebx
        jnz     .pages
        say     "end", 10
        xor     eax, eax
        ret

; Page tables in place of the large pages of the area.
map_small_pages:
        mov     rdi, page_tables
        mov     rax, AREA | PAGE_PRESENT | PAGE_WRITE
        mov     ecx, AREA_2M_PAGES * 512
.entry: mov     [rdi], rax
        add     rdi, 8
        add     rax, 4096
        dec     ecx
        jnz     .entry
        mov     rdi, page_directory + (AREA >> 21) * 8
        mov     rax, page_tables
        or      rax, PAGE_PRESENT | PAGE_WRITE
        mov     ecx, AREA_2M_PAGES
.table: mov     [rdi], rax
        add     rdi, 8
        add     rax, 4096
        dec     ecx
        jnz     .table
        mov     rax, cr3
        mov     cr3, rax
        ret

        section .bss
        alignb  4096
page_tables:        resb AREA_2M_PAGES * 4096

%include "image-end.inc"
