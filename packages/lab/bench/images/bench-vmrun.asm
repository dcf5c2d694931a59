; L2 does nothing but VMMCALL, and L1 nothing but VMRUN: #VMEXITs and entries with nested paging at their plainest. RIP stays where it is,
; so that each entry runs into the same VMMCALL.

%define GUEST_NAME "bench-vmrun"
%include "hvdiff.inc"
%include "svm.inc"

EXITS               equ 200000
NPT_ALL             equ 0x7             ; present, writable, user: every nested access is a user's
NPT_LARGE           equ 1 << 7

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        mov     edi, npt_level_2
        mov     eax, NPT_ALL + NPT_LARGE
        mov     ecx, 512
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        mov     qword [npt_level_3], npt_level_2 + NPT_ALL
        mov     qword [npt_level_4], npt_level_3 + NPT_ALL
        mov     edi, host_save_area
        call    svm_on
        mov     edi, vmcb
        mov     esi, l2_code
        mov     edx, l2_stack_top
        call    vmcb_fill
        mov     byte [rdi + VMCB_TLB_CONTROL], 0
        mov     dword [rdi + VMCB_NESTED_CONTROL], NESTED_PAGING
        mov     dword [rdi + VMCB_NESTED_CR3], npt_level_4
        mov     ebx, EXITS
        say     "begin", 10
        mov     eax, vmcb
.again: vmrun
        dec     ebx
        jnz     .again
        cmp     dword [vmcb + VMCB_EXIT_CODE], EXIT_VMMCALL
        jne     .other
        say     "end", 10
        xor     eax, eax
        ret
.other: say     "another exit", 10
.done:  mov     eax, 1
        ret

l2_code:
        vmmcall
        jmp     l2_code

        section .bss
        alignb  4096
vmcb:           resb 4096
host_save_area: resb 4096
npt_level_4:    resb 4096
npt_level_3:    resb 4096
npt_level_2:    resb 4096
l2_stack:       resb 4096
l2_stack_top:

%include "image-end.inc"
