; The same identity map of nested page tables as npt-1g, made of 2 MiB pages, which every processor with nested paging has.

%define GUEST_NAME "npt-2m"
%include "hvdiff.inc"
%include "svm.inc"
%include "npt-map.inc"

        section .text
        bits    64
        default rel

map_first_gibibyte:
        mov     eax, NPT_ALL | NPT_LARGE
        mov     edi, npt_level_2
        mov     ecx, 512
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        mov     qword [npt_level_3], npt_level_2 + NPT_ALL
        ret

; The second gibibyte has the same pages as the first.
map_window:
        mov     qword [npt_level_3 + 8], npt_level_2 + NPT_ALL
        ret

        section .bss
        alignb  4096
npt_level_2:        resb 4096

%include "image-end.inc"
