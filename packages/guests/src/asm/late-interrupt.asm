; Another processor sends an interrupt to L1 while an L2 runs that leaves now and then, and then not any more. L1 takes interrupts as exits.

%define GUEST_NAME "late-interrupt"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 40
%include "interrupted.inc"

RFLAGS_IF           equ 1 << 9
MSR_APIC_BASE       equ 0x1b
L2_PATIENCE         equ 5000

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        mov     qword [l2_entry], works
        mov     dword [wanted.pin], PIN_EXTERNAL_INTERRUPT
        mov     dword [wanted.processor], PROCESSOR_MSR_BITMAPS
        or      dword [wanted.exit], EXIT_ACKNOWLEDGE
        call    vmcs_load
        mov     ecx, MSR_BITMAP
        mov     eax, no_msrs
        vmwrite rcx, rax
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_IF
        vmwrite rcx, rax
        call    start_sender
        jc      .off
        call    l2_run
        verdict_begin "interrupt"
        cmp     dword [exit_reason], EXIT_REASON_EXTERNAL
        jne     .late
        say     "while L2 runs"
        jmp     .said
.late:  say     "not before L2 ends"
.said:  verdict_end
.off:   vmxoff
.done:  ret

; ---- L2 ----

works:  call    ask_sender
%rep 4
        mov     ecx, MSR_APIC_BASE
        rdmsr
%endrep
        mov     ecx, L2_PATIENCE
.next:  dec     ecx
        jnz     .next
        vmcall

        section .bss
        alignb  4096
no_msrs:            resb 4096

%include "image-end.inc"
