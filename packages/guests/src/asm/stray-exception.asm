; L2 reads an MSR that does not exist and that L1 leaves to it, while another processor sends an interrupt to L1. The exception is L2's.

%define GUEST_NAME "stray-exception"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 30
%include "interrupted.inc"

NO_MSR              equ 0x1ff0
RDMSR_BYTES         equ 2

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        call    make_idt_of_l2
        mov     qword [l2_entry], reads
        mov     dword [wanted.pin], PIN_EXTERNAL_INTERRUPT
        mov     dword [wanted.processor], PROCESSOR_MSR_BITMAPS
        or      dword [wanted.exit], EXIT_ACKNOWLEDGE
        call    vmcs_load
        mov     ecx, MSR_BITMAP
        mov     eax, no_msrs
        vmwrite rcx, rax
        mov     ecx, GUEST_IDTR_BASE
        mov     eax, idt_of_l2
        vmwrite rcx, rax
        mov     qword [crash_hook], .stray
        call    start_sender
        jc      .off
        call    ask_sender
        call    run_until_other_exit
        call    await_interrupt
        verdict_text "l1", "no exception"
        verdict_begin "l2"
        mov     eax, [faults]
        call    put_decimal
        say     " exceptions"
        verdict_end
.off:   vmxoff
.done:  ret

; rax: vector
.stray: mov     [trap_vector], eax
        mov     rsp, boot_stack_top - 64
        verdict_begin "l1"
        call    put_trap
        say     " behind the exit"
        verdict_end
        verdict_begin "l2"
        mov     eax, [faults]
        call    put_decimal
        say     " exceptions"
        verdict_end
        mov     eax, 1
        jmp     leave_machine

; L2's own IDT is L1's but for #GP.
make_idt_of_l2:
        mov     esi, idt
        mov     edi, idt_of_l2
        mov     ecx, 256 * 16 / 8
        rep     movsq
        mov     edx, skips
        mov     edi, idt_of_l2 + VECTOR_GP * 16
        mov     [rdi], dx
        shr     edx, 16
        mov     [rdi + 6], dx
        ret

; ---- L2 ----

reads:  mov     ecx, NO_MSR
        rdmsr
        vmcall

skips:  inc     dword [faults]
        add     qword [rsp + 8], RDMSR_BYTES
        add     rsp, 8
        iretq

        section .bss
        alignb  4096
no_msrs:            resb 4096
idt_of_l2:          resb 256 * 16
faults:             resd 1

%include "image-end.inc"
