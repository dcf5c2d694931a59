; The platform for a machine without an operating system: what the bundled guests start with, linked to compiled code.

%define GUEST_NAME  PROGRAM_NAME
MULTIBOOT_MAGIC     equ 0x1badb002
MULTIBOOT_FLAGS     equ 0
STACK_SIZE          equ 256 << 10

        section .multiboot progbits alloc align=4
        dd      MULTIBOOT_MAGIC
        dd      MULTIBOOT_FLAGS
        dd      -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        global  start32, put_zero_terminated
        extern  program_main

%include "print.inc"
%include "leave.inc"
%include "idt.inc"
%include "long-mode.inc"

        section .text
        bits    64
        default rel

; Compiled code expects the x87 unit as an operating system leaves it, and more stack than an assembly image.
main:   push    rbp
        mov     rbp, rsp
        mov     rsp, program_stack_top
        fninit
        call    program_main
        leave
        ret

; rdi: zero-terminated text
put_zero_terminated:
        mov     rsi, rdi
        jmp     put_text

        section .bss
        alignb  4096
program_stack:  resb STACK_SIZE
program_stack_top:
