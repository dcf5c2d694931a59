; An L1 that answers every nested page fault by entering L2 again.

%define GUEST_NAME "svm-reenter"
%include "hvdiff.inc"
%include "svm.inc"
%include "reenter.inc"

NPT_ALL             equ 0x7
NPT_LARGE           equ 1 << 7

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        call    map_window
        mov     qword [npt_level_4], npt_level_3 + NPT_ALL
        mov     qword [npt_level_3], npt_level_2 + NPT_ALL
        mov     eax, NPT_ALL | NPT_LARGE
        mov     edi, npt_level_2
        mov     ecx, 32
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        cmp     dword [variant], 3
        jne     .absent
        mov     qword [npt_level_3 + 8], NPT_ALL | NPT_LARGE
.absent:
        mov     edi, host_save_area
        call    svm_on
        mov     edi, vmcb
        mov     esi, l2
        mov     edx, l2_stack_top
        call    vmcb_fill
        mov     dword [rdi + VMCB_NESTED_CONTROL], NESTED_PAGING
        mov     dword [rdi + VMCB_NESTED_CR3], npt_level_4
.again: mov     eax, vmcb
        clgi
        vmrun
        stgi
        call    wait_for_it
        cmp     dword [vmcb + VMCB_EXIT_CODE], EXIT_NPF
        je      .again
        say     "completed", 10
.done:  ret

map_page:
        mov     qword [npt_level_3 + 8], npt_level_2 + NPT_ALL
        ret

l2:     mov     ebx, WINDOW + 0x100000
        mov     rbx, [rbx]
        vmmcall

        section .bss
        alignb  4096
vmcb:               resb 4096
host_save_area:     resb 4096
npt_level_4:        resb 4096
npt_level_3:        resb 4096
npt_level_2:        resb 4096
l2_stack:           resb 4096
l2_stack_top:

%include "image-end.inc"
