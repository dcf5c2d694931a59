; Executes cases that a multiboot module brings: each is up to 112 bytes of ring-0 code with initial registers. What the
; code leaves of the processor's state is compared with what the first, empty case left; what differs is printed as
; "case word=value …". All system state is put back before each case. Layout of a case: RAX RBX RCX RDX RSI RDI RBP R8,
; RFLAGS, mask of the defined flags, code.

%define GUEST_NAME "privileged"
%include "hvdiff.inc"

CASES_MAGIC         equ 0x5345534143505648
CASE_SIZE           equ 192
CASE_FLAGS          equ 64
CASE_MASK           equ 72
CASE_CODE           equ 80
CODE_SIZE           equ CASE_SIZE - CASE_CODE
EXECUTED            equ 0x2000000       ; where the code runs; a page that user mode may use too
SCRATCH             equ 0x2200000
RECORD_WORDS        equ 64
CASE_CR4            equ CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | 1 << 16 | CR4_OSXSAVE
CASE_CR0            equ CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE
LDT_LIMIT           equ 0x7f
GDT_LIMIT           equ 0x7f

%define WORD_OF(n)  [record + (n) * 8]

; wrmsr_constant MSR, high, low
%macro wrmsr_constant 3
        mov     ecx, %1
        mov     edx, %2
        mov     eax, %3
        wrmsr
%endmacro

        section .text
        bits    64
        default rel

main:
        mov     eax, 1 << 2
        or      [page_map_level_4], eax
        or      [page_directory_pointers], eax
        or      [page_directory + 16 * 8], eax
        mov     rax, cr3
        mov     cr3, rax
        mov     edi, EXECUTED + CODE_SIZE
        mov     dword [rdi], 0x25ff     ; jmp [rip]
        mov     dword [rdi + 4], 0x90900000
        mov     qword [rdi + 6], finished
        mov     eax, task_state_segment
        lea     rdx, [interrupt_stack_top]
        mov     [rax + 0x24], rdx       ; IST1
        call    make_idt
        call    make_descriptors
        mov     eax, 1 << 5 | 1 << 9 | 1 << 10 | 1 << 16 | 1 << 18
        mov     cr4, rax
        mov     rax, CASES_MAGIC
        mov     esi, 0x101000
.find:  cmp     [rsi], rax
        je      .found
        add     esi, 0x1000
        cmp     esi, EXECUTED
        jb      .find
        say     "no cases", 10
        ret
.found: mov     rax, [rsi + 8]
        mov     [cases_left], rax
        add     esi, 16
        mov     [current], rsi
        mov     [main_rsp], rsp
next_case:
        call    restore_state
        mov     esi, base_record
        mov     edi, record
        mov     ecx, RECORD_WORDS
        rep movsq
        mov     rsi, [current]
        mov     edi, record + 8 * 8
        mov     ecx, 8
        rep movsq
        mov     esi, record
        mov     edi, expected
        mov     ecx, RECORD_WORDS
        rep movsq
        mov     rsi, [current]
        add     rsi, CASE_CODE
        mov     edi, EXECUTED
        mov     ecx, CODE_SIZE / 8
        rep movsq
        mov     edi, SCRATCH
        mov     ecx, 8
        xor     eax, eax
        rep stosq
        mov     rbp, [current]
        mov     rsp, case_stack_top
        push    qword [rbp + CASE_FLAGS]
        mov     rax, [rbp]
        mov     rbx, [rbp + 8]
        mov     rcx, [rbp + 16]
        mov     rdx, [rbp + 24]
        mov     rsi, [rbp + 32]
        mov     rdi, [rbp + 40]
        mov     r8, [rbp + 56]
        mov     rbp, [rbp + 48]
        popfq
        jmp     EXECUTED

%macro save_registers 0
        mov     WORD_OF(8), rax
        mov     WORD_OF(9), rbx
        mov     WORD_OF(10), rcx
        mov     WORD_OF(11), rdx
        mov     WORD_OF(12), rsi
        mov     WORD_OF(13), rdi
        mov     WORD_OF(14), rbp
        mov     WORD_OF(15), r8
%endmacro

; Stack: vector, error code, RIP, CS, RFLAGS, RSP, SS
excepted:
        save_registers
        cld
%assign popped 0
%rep 7
        pop     qword WORD_OF(popped)
  %assign popped popped + 1
%endrep
        mov     rax, cr2
        mov     WORD_OF(7), rax
        mov     rbp, [current]
        mov     rax, WORD_OF(4)
        and     rax, [rbp + CASE_MASK]
        mov     WORD_OF(4), rax
        jmp     record_state

finished:
        save_registers
        mov     WORD_OF(23), rsp
        mov     rsp, case_stack_top
        pushfq
        pop     rax
        mov     rbp, [current]
        and     rax, [rbp + CASE_MASK]
        mov     WORD_OF(16), rax
        cld
        cli

record_state:
        mov     rsp, case_stack_top
        mov     eax, cs
        mov     WORD_OF(17), rax
        mov     eax, ss
        mov     WORD_OF(18), rax
        mov     eax, ds
        mov     WORD_OF(19), rax
        mov     eax, es
        mov     WORD_OF(20), rax
        mov     eax, fs
        mov     WORD_OF(21), rax
        mov     eax, gs
        mov     WORD_OF(22), rax
        mov     rax, cr0
        mov     WORD_OF(24), rax
        mov     rax, cr3
        mov     WORD_OF(25), rax
        mov     rax, cr4
        mov     WORD_OF(26), rax
        mov     rax, cr8
        mov     WORD_OF(27), rax
        mov     rax, dr0
        mov     WORD_OF(29), rax
        mov     rax, dr1
        mov     WORD_OF(30), rax
        mov     rax, dr2
        mov     WORD_OF(31), rax
        mov     rax, dr3
        mov     WORD_OF(32), rax
        mov     rax, dr6
        mov     WORD_OF(33), rax
        mov     rax, dr7
        mov     WORD_OF(34), rax
        str     eax
        mov     WORD_OF(35), rax
        sldt    eax
        mov     WORD_OF(36), rax
        mov     ecx, 0xc0000080
        mov     edi, record + 28 * 8
        call    record_msr
        mov     edi, record + 37 * 8
        mov     ecx, 0xc0000100
        call    record_msr
        call    record_msr
        call    record_msr
        mov     esi, SCRATCH
        mov     ecx, 8
        rep movsq
        mov     esi, case_gdt
        mov     ecx, 16
        rep movsq
        call    restore_state
        call    print_differences
        cmp     qword [case_number], 0
        jne     .more
        mov     esi, record
        mov     edi, base_record
        mov     ecx, RECORD_WORDS
        rep movsq
.more:  inc     qword [case_number]
        add     qword [current], CASE_SIZE
        dec     qword [cases_left]
        jnz     next_case
        mov     rsp, [main_rsp]
        mov     ecx, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT
        mov     cr4, rcx
        ret

; ecx: MSR, rdi: where its value goes; both go on to the next
record_msr:
        rdmsr
        mov     [rdi], eax
        mov     [rdi + 4], edx
        add     rdi, 8
        inc     ecx
        ret

print_differences:
        mov     rax, [case_number]
        call    put_decimal
        xor     ebx, ebx
.next:  mov     rax, [record + rbx * 8]
        cmp     rax, [expected + rbx * 8]
        je      .same
        push    rax
        mov     al, ' '
        call    put_char
        mov     eax, ebx
        call    put_decimal
        mov     al, '='
        call    put_char
        pop     rax
        call    put_bare
.same:  inc     ebx
        cmp     ebx, RECORD_WORDS
        jb      .next
        jmp     put_newline

; rax: a number to print in hexadecimal without prefix or leading zeros
put_bare:
        mov     rdx, rax
        mov     ecx, 64
.skip:  sub     ecx, 4
        jz      .digit
        mov     rax, rdx
        shr     rax, cl
        jz      .skip
.digit: mov     rax, rdx
        shr     rax, cl
        and     eax, 15
        movzx   eax, byte [hex_digits + rax]
        call    put_char
        sub     ecx, 4
        jns     .digit
        ret

restore_state:
        mov     rax, CASE_CR0
        mov     cr0, rax
        mov     eax, page_map_level_4
        mov     cr3, rax
        mov     eax, CASE_CR4
        mov     cr4, rax
        xor     eax, eax
        mov     cr8, rax
        mov     cr2, rax
        mov     dr0, rax
        mov     dr1, rax
        mov     dr2, rax
        mov     dr3, rax
        mov     eax, 0x400
        mov     dr7, rax
        mov     eax, 0xffff0ff0
        mov     dr6, rax
        mov     esi, gdt_template
        mov     edi, case_gdt
        mov     ecx, 16
        rep movsq
        lgdt    [case_gdt_pointer]
        lidt    [case_idt_pointer]
        push    SELECTOR_CODE
        push    strict dword .here
        retfq
.here:  mov     eax, SELECTOR_TSS
        ltr     ax
        xor     eax, eax
        lldt    ax
        mov     fs, eax
        mov     gs, eax
        mov     eax, SELECTOR_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        wrmsr_constant 0xc0000080, 0, 0x501
        wrmsr_constant 0xc0000081, 0x00430008, 0
        wrmsr_constant 0xc0000082, 0, EXECUTED + 0x60
        wrmsr_constant 0xc0000083, 0, 0
        wrmsr_constant 0xc0000084, 0, 0
        wrmsr_constant 0xc0000100, 0, 0
        wrmsr_constant 0xc0000101, 0, 0
        wrmsr_constant 0xc0000102, 0, 0
        wrmsr_constant 0xc0000103, 0, 0
        wrmsr_constant 0x174, 0, 0
        wrmsr_constant 0x175, 0, 0
        wrmsr_constant 0x176, 0, 0
        wrmsr_constant 0x277, 0x00070406, 0x00070406
        xor     ecx, ecx
        xor     edx, edx
        mov     eax, 1
        xsetbv
        ret

make_idt:
        mov     edi, case_idt
        mov     eax, case_stubs
        mov     ecx, 256
.next:  mov     [rdi], ax
        mov     word [rdi + 2], SELECTOR_CODE
        mov     word [rdi + 4], 0x8e01  ; interrupt gate on IST1
        mov     edx, eax
        shr     edx, 16
        mov     [rdi + 6], dx
        mov     qword [rdi + 8], 0
        add     rdi, 16
        add     eax, VECTOR_STUB_SIZE
        loop    .next
        ret

make_descriptors:
        mov     edi, gdt_template + 0x18
        mov     eax, task_state_segment
        call    .base
        mov     edi, gdt_template + 0x28
        call    .base
        mov     edi, gdt_template + 0x58
        mov     eax, case_gdt
.base:  mov     edx, eax
        mov     [rdi + 2], dx
        shr     edx, 16
        mov     [rdi + 4], dl
        mov     [rdi + 7], dh
        ret

        align   16
case_stubs:
%assign vector 0
%rep 256
  %if vector < 32 && (VECTORS_WITH_ERROR >> vector) & 1
        nop
        nop
  %else
        push    0
  %endif
        push    strict dword vector
        jmp     strict near excepted
        times   VECTOR_STUB_SIZE - 12 nop
  %assign vector vector + 1
%endrep

        section .data
        align   16, db 0
gdt_template:
        dq      0
        dq      0x00af9b000000ffff      ; 08 64-bit code
        dq      0x00cf93000000ffff      ; 10 data
        dq      0x0000890000000067, 0   ; 18 TSS, which becomes busy
        dq      0x0000890000000067, 0   ; 28 TSS
        dq      0x00cf9a000000ffff      ; 38 32-bit code, not accessed
        dq      0x00cf13000000ffff      ; 40 data, not present
        dq      0x00cff2000000ffff      ; 48 user data, not accessed
        dq      0x00affa000000ffff      ; 50 64-bit user code, not accessed
        dq      0x0000820000000000 | LDT_LIMIT, 0 ; 58 LDT: the GDT again
        dq      ((EXECUTED + 0x60) >> 16) << 48 | 0x8c00 << 32 | SELECTOR_CODE << 16 | ((EXECUTED + 0x60) & 0xffff), 0 ; 68 call gate
        dq      0x004090000000ffff      ; 78 read-only data, byte limit, not accessed
case_gdt_pointer:
        dw      GDT_LIMIT
        dq      case_gdt
case_idt_pointer:
        dw      256 * 16 - 1
        dq      case_idt

        section .bss
        alignb  4096
case_idt:               resb 4096
interrupt_stack:        resb 4096
interrupt_stack_top:
case_stack:             resb 4096
case_stack_top:
case_gdt:               resq 16
record:                 resq RECORD_WORDS
expected:               resq RECORD_WORDS
base_record:            resq RECORD_WORDS
current:                resq 1
cases_left:             resq 1
case_number:            resq 1
main_rsp:               resq 1

%include "image-end.inc"
