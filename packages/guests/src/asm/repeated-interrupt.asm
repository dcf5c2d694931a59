; L1 leaves interrupts to L2 (it does not take them as exits). Another processor sends one while L1 or L2 runs: whoever gets it, it comes once.

%define GUEST_NAME "repeated-interrupt"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 40
%include "interrupted.inc"

RFLAGS_IF           equ 1 << 9
MSR_APIC_BASE       equ 0x1b
WAIT_IN_L1          equ 700
ROUNDS              equ 6
WORK                equ 200

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        mov     qword [l2_entry], works
        mov     dword [wanted.processor], PROCESSOR_MSR_BITMAPS
        call    vmcs_load
        mov     ecx, MSR_BITMAP
        mov     eax, no_msrs
        vmwrite rcx, rax
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_IF
        vmwrite rcx, rax
        call    start_sender
        jc      .off
        call    ask_sender
        mov     ecx, WAIT_IN_L1
        sti
.wait:  dec     ecx
        jnz     .wait
        cli
        call    l2_run
        call    await_interrupt
        verdict_begin "l2"
        call    put_entry_outcome
        verdict_end
        verdict_begin "interrupts"
        mov     eax, [handled]
        call    put_decimal
        verdict_end
.off:   vmxoff
.done:  ret

; ---- L2 ----

works:
        mov     ebx, ROUNDS
.next:  mov     ecx, MSR_APIC_BASE
        rdmsr
        mov     ecx, WORK
.work:  dec     ecx
        jnz     .work
        dec     ebx
        jnz     .next
        cli
        vmcall

        section .bss
        alignb  4096
no_msrs:            resb 4096

%include "image-end.inc"
