; An L2 that is single-stepped, through instructions that an L0 may do itself, under an L1 that takes interrupts as exits and leaves #DB to L2. How
; many traps L2 gets does not depend on what interrupts come.

%define GUEST_NAME "stepped-output"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "gate.inc"

RFLAGS_TF           equ 1 << 8
VECTOR_DB           equ 1
UNUSED_PORT         equ 0x80
ROUNDS              equ 20
EXIT_REASON_EXTERNAL equ 1
APIC                equ 0xfee00000
APIC_SPURIOUS       equ APIC + 0xf0
APIC_EOI            equ APIC + 0xb0
APIC_ENABLE         equ 1 << 8 | 0xff
UNCACHED            equ 0x18

        section .text
        bits    64
        default rel

main:
        mov     qword [page_directory_pointers + 3 * 8], apic_directory + (PAGE_PRESENT | PAGE_WRITE)
        mov     eax, APIC + (PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE | UNCACHED)
        mov     [apic_directory + (APIC >> 21 & 511) * 8], rax
        mov     edi, APIC_SPURIOUS
        mov     dword [rdi], APIC_ENABLE
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        mov     ecx, VECTOR_DB
        mov     edx, count_trap
        call    set_gate
        call    vmx_on
        mov     qword [l2_entry], outputs
        mov     dword [wanted.pin], PIN_EXTERNAL_INTERRUPT
        or      dword [wanted.exit], EXIT_ACKNOWLEDGE
        call    vmcs_load
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_TF
        vmwrite rcx, rax
.run:   call    l2_run
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .over
        cmp     dword [exit_reason], EXIT_REASON_EXTERNAL
        jne     .over
        mov     edi, APIC_EOI
        mov     dword [rdi], 0
        jmp     .run
.over:  verdict_begin "l2"
        call    put_entry_outcome
        verdict_end
        verdict_begin "traps"
        mov     eax, [traps]
        call    put_decimal
        verdict_end
        vmxoff
.done:  ret

; ---- L2 ----

outputs:
        mov     ecx, ROUNDS
.next:  out     UNUSED_PORT, al
        dec     ecx
        jnz     .next
        vmcall

count_trap:
        inc     dword [traps]
        iretq

        section .bss
        alignb  4096
apic_directory:     resb 4096
traps:              resd 1

%include "image-end.inc"
