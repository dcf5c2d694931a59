; Another processor posts an interrupt to an L2 that leaves often, and then not any more.

%define GUEST_NAME "late-posted-interrupt"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 40
%define SENDER_TASK post
%include "interrupted.inc"
%include "posted.inc"

MSR_APIC_BASE       equ 0x1b
ROUNDS              equ 100
L2_PATIENCE         equ 5000

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        call    posted_probe
        jc      .not_offered
        mov     qword [l2_entry], works
        call    posted_vmcs
        call    start_sender
        jc      .off
        call    run_until_other_exit
        verdict_begin "l2"
        call    put_entry_outcome
        verdict_end
        verdict_begin "interrupt"
        cmp     dword [seen], 0
        je      .late
        say     "while L2 runs"
        jmp     .said
.late:  say     "not before L2 ends"
.said:  verdict_end
.off:   vmxoff
.done:  ret
.not_offered:
        verdict_text "l2", "SKIP"
        verdict_text "interrupt", "SKIP"
        jmp     .off

; ---- L2 ----

works:  call    ask_sender
        mov     ebx, ROUNDS
.leave: mov     ecx, MSR_APIC_BASE
        rdmsr
        dec     ebx
        jnz     .leave
        mov     ecx, L2_PATIENCE
.next:  dec     ecx
        jnz     .next
        mov     eax, [posted_count]
        mov     [seen], eax
        vmcall

posted: inc     dword [posted_count]
        iretq

        section .bss
        alignb  4
posted_count:       resd 1
seen:               resd 1

%include "image-end.inc"
