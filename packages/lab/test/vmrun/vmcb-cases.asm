; Enters VMCBs that a multiboot module makes of one that is valid, and prints what EXITCODE, EXITINFO1 and EXITINFO2 say behind each.
; A case is 64 bytes: seven changes of a 32-bit word - offset, operation (0 set, 1 or, 2 xor, 3 none) in two bytes each, value - and eight
; bytes that are not used. The guest halts wherever it comes to; nearly everything is intercepted.
;
;   nasm -f bin -I packages/guests/src/asm/include/ -o vmcb-cases.elf vmcb-cases.asm

%define GUEST_NAME "vmcb-cases"
%include "hvdiff.inc"
%include "svm.inc"

CASES_MAGIC         equ 0x534143_62636d76       ; "vmcbCAS"
CASE_SIZE           equ 64
CHANGES             equ 7
CODE                equ 0x2000000
CODE_SIZE           equ 0x200000
NPT_ALL             equ 0x7
NPT_LARGE           equ 1 << 7
; INTR, NMI, SMI, INIT, HLT, FERR_FREEZE, SHUTDOWN
INTERCEPTS_FIXED    equ 0xf | 1 << 24 | 1 << 30 | 1 << 31
INTERCEPTS_TAKEN    equ INTERCEPTS_FIXED | 0x0ffffff0

        section .text
        bits    64
        default rel

main:
        call    svm_probe
        jc      .done
        mov     rax, CASES_MAGIC
        mov     esi, 0x101000
.find:  cmp     [rsi], rax
        je      .found
        add     esi, 0x1000
        cmp     esi, CODE
        jb      .find
        say     "no cases", 10
        ret
.found: mov     rax, [rsi + 8]
        mov     [cases_left], rax
        add     esi, 16
        mov     [current], rsi
        mov     edi, CODE
        mov     ecx, CODE_SIZE
        mov     al, 0xf4                ; hlt
        rep     stosb
        mov     edi, l2_idt
        mov     ecx, 256
        mov     rax, CODE & 0xffff | SELECTOR_CODE << 16 | 0x8e00 << 32 | (CODE >> 16) << 48
.gate:  mov     [rdi], rax
        mov     qword [rdi + 8], 0
        add     edi, 16
        loop    .gate
        mov     qword [npt_level_4], npt_level_3 + NPT_ALL
        mov     qword [npt_level_3], npt_level_2 + NPT_ALL
        mov     eax, NPT_ALL | NPT_LARGE
        mov     edi, npt_level_2
        mov     ecx, 32
.next:  mov     [rdi], rax
        add     eax, 0x200000
        add     edi, 8
        loop    .next
        mov     edi, host_save_area
        call    svm_on
.case:  cmp     qword [cases_left], 0
        je      .done
        call    prepare
        mov     eax, vmcb
        clgi
        vmrun
        stgi
        mov     rax, [number]
        call    put_decimal
        say     " "
        mov     rax, [vmcb + VMCB_EXIT_CODE]
        call    put_hex
        say     " "
        mov     rax, [vmcb + VMCB_EXIT_INFO_1]
        call    put_hex
        say     " "
        mov     rax, [vmcb + VMCB_EXIT_INFO_2]
        call    put_hex
        say     10
        inc     qword [number]
        dec     qword [cases_left]
        add     qword [current], CASE_SIZE
        jmp     .case
.done:  ret

prepare:
        mov     edi, vmcb
        mov     esi, CODE + 0x1000
        mov     edx, CODE + 0x8000
        call    vmcb_fill
        mov     dword [rdi + VMCB_EXCEPTIONS], -1
        mov     dword [rdi + VMCB_INTERCEPTS_3], INTERCEPTS_TAKEN
        mov     dword [rdi + 0x040], permission_maps
        mov     dword [rdi + 0x048], permission_maps
        mov     dword [rdi + VMCB_NESTED_CR3], npt_level_4
        mov     dword [rdi + VMCB_IDTR + 4], 0xfff
        mov     qword [rdi + VMCB_IDTR + 8], l2_idt
        mov     rsi, [current]
        mov     ecx, CHANGES
.next:  movzx   ebx, word [rsi]
        movzx   edx, word [rsi + 2]
        mov     eax, [rsi + 4]
        cmp     edx, 1
        je      .or
        ja      .xor
        mov     [rdi + rbx], eax
        jmp     .done
.or:    or      [rdi + rbx], eax
        jmp     .done
.xor:   cmp     edx, 2
        jne     .done
        xor     [rdi + rbx], eax
.done:  add     esi, 8
        loop    .next
        or      dword [rdi + VMCB_INTERCEPTS_3], INTERCEPTS_FIXED
        ret

        section .data
        align   8
number:             dq 0

        section .bss
        alignb  4096
vmcb:               resb 4096
host_save_area:     resb 4096
npt_level_4:        resb 4096
npt_level_3:        resb 4096
npt_level_2:        resb 4096
l2_idt:             resb 4096
permission_maps:    resb 4096 * 4
current:            resq 1
cases_left:         resq 1

%include "image-end.inc"
