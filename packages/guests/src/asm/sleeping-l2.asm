; L2 waits with HLT for an interrupt that another processor posts to it. Much later that one sends an interrupt to L1, which then looks what L2 does.

%define GUEST_NAME "sleeping-l2"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 20
%define SENDER_TASK post_and_look
%include "interrupted.inc"
%include "posted.inc"

WORK                equ 600
SENDER_PATIENCE     equ 4000

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        call    posted_probe
        jc      .not_offered
        mov     qword [l2_entry], waits
        call    posted_vmcs
        call    start_sender
        jc      .off
        call    l2_run
        verdict_begin "l2"
        cmp     dword [exit_reason], EXIT_REASON_EXTERNAL
        je      .asleep
        call    put_entry_outcome
        jmp     .said
.asleep:
        say     "asleep"
.said:  verdict_end
        verdict_begin "interrupts"
        mov     eax, [posted_count]
        call    put_decimal
        verdict_end
.off:   vmxoff
.done:  ret
.not_offered:
        verdict_text "l2", "SKIP"
        verdict_text "interrupts", "SKIP"
        jmp     .off

; The second processor's
post_and_look:
        call    post
        mov     ecx, SENDER_PATIENCE
.next:  dec     ecx
        jnz     .next
        mov     eax, ICR_FIXED | IPI_VECTOR
        jmp     send_ipi

; ---- L2 ----

waits:  call    ask_sender
        mov     ecx, WORK
.work:  dec     ecx
        jnz     .work
.look:  cli
        cmp     dword [posted_count], 0
        jne     .done
        sti
        hlt
        jmp     .look
.done:  vmcall

posted: inc     dword [posted_count]
        iretq

        section .bss
        alignb  4
posted_count:       resd 1

%include "image-end.inc"
