; Enters VMCSs that a multiboot module makes of one that is valid, and prints what came of each: "error N", "invalid", or exit reason, exit
; qualification and VM-exit interruption information.
; A case is 64 bytes: four changes of a field - encoding and operation (0 set, 1 or, 2 xor, 3 none) in four bytes each, value in eight. A field that
; does not exist is left alone. The guest halts wherever it comes to, every exception exits, and a timer ends what does not end.
;
;   nasm -f bin -I packages/guests/src/asm/include/ -o vmcs-cases.elf vmcs-cases.asm

%define GUEST_NAME "vmcs-cases"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

CASES_MAGIC         equ 0x534143_73636d76       ; "vmcsCAS"
CASE_SIZE           equ 64
CHANGES             equ 4
CODE                equ 0x2000000
CODE_SIZE           equ 0x200000
HLT_OPCODE          equ 0xf4
PREEMPTION_TIMER_VALUE equ 0x482e
TIMER               equ 1000
PAT_AT_RESET        equ 0x0007040600070406
EFER_LMA            equ 1 << 10

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
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
        mov     al, HLT_OPCODE
        rep     stosb
        mov     edi, l2_idt
        mov     ecx, 256
        mov     rax, CODE & 0xffff | SELECTOR_CODE << 16 | 0x8e00 << 32 | (CODE >> 16) << 48
.gate:  mov     [rdi], rax
        mov     qword [rdi + 8], 0
        add     edi, 16
        loop    .gate
        call    vmx_prepare
        call    vmx_on
        or      dword [wanted.pin], PIN_PREEMPTION_TIMER
        or      dword [wanted.processor], PROCESSOR_HLT
        mov     qword [l2_entry], CODE + 0x1000
.case:  cmp     qword [cases_left], 0
        je      .off
        call    vmcs_load
        call    rest_of_fields
        call    change
        call    l2_run
        call    put_case
        inc     qword [number]
        dec     qword [cases_left]
        add     qword [current], CASE_SIZE
        jmp     .case
.off:   vmxoff
.done:  ret

; Fields that `vmcs_load` leaves as they were. What does not exist is left out.
rest_of_fields:
        mov     esi, more_fields
.next:  mov     ecx, [rsi]
        vmwrite rcx, [rsi + 4]
        add     esi, 12
        cmp     esi, more_fields_end
        jb      .next
        ret

change: mov     rsi, [current]
        mov     ebx, CHANGES
.next:  mov     ecx, [rsi]
        mov     eax, [rsi + 4]
        mov     rdx, [rsi + 8]
        cmp     eax, 2
        ja      .skip
        vmread  rdi, rcx
        jbe     .skip
        cmp     eax, 1
        je      .or
        ja      .xor
        mov     rdi, rdx
        jmp     .write
.or:    or      rdi, rdx
        jmp     .write
.xor:   xor     rdi, rdx
.write: vmwrite rcx, rdi
.skip:  add     esi, 16
        dec     ebx
        jnz     .next
        ret

put_case:
        mov     rax, [number]
        call    put_decimal
        say     " "
        cmp     dword [outcome], OUTCOME_INVALID
        je      .invalid
        cmp     dword [outcome], OUTCOME_VALID
        je      .error
        mov     eax, [exit_reason]
        call    put_hex
        say     " "
        mov     rax, [exit_qualification]
        call    put_hex
        say     " "
        xor     eax, eax
        cmp     dword [exit_reason], 0
        jne     .said
        mov     ecx, EXIT_INTERRUPTION
        vmread  rax, rcx
.said:  call    put_hex
        say     10
        ret
.invalid:
        say     "invalid", 10
        ret
.error: say     "error "
        mov     rax, [entry_error]
        call    put_decimal
        say     10
        ret

        section .rodata
%macro field 2
        dd      %1
        dq      %2
%endmacro
more_fields:
        field   EXCEPTION_BITMAP, 0xffffffff
        field   PREEMPTION_TIMER_VALUE, TIMER
        field   GUEST_IDTR_BASE, l2_idt
        field   GUEST_RSP, CODE + 0x8000
        field   GUEST_PAT, PAT_AT_RESET
        field   HOST_PAT, PAT_AT_RESET
        field   GUEST_EFER, EFER_LME | EFER_LMA
        field   HOST_EFER, EFER_LME | EFER_LMA
        field   IO_BITMAP_A, page
        field   IO_BITMAP_B, page
        field   MSR_BITMAP, page
        field   EXIT_MSR_STORE_ADDRESS, page
        field   EXIT_MSR_LOAD_ADDRESS, page
        field   ENTRY_MSR_LOAD_ADDRESS, page
        field   VIRTUAL_APIC_ADDRESS, page
        field   APIC_ACCESS_ADDRESS, page
        field   TPR_THRESHOLD, 0
        field   VPID, 0
        field   EPT_POINTER, 0
more_fields_end:

        section .data
        align   8
number:             dq 0

        section .bss
        alignb  4096
l2_idt:             resb 4096
page:               resb 4096
current:            resq 1
cases_left:         resq 1

%include "image-end.inc"
