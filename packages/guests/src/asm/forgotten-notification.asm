; Another processor posts an interrupt to an L2 that leaves to L1 often, and then not any more.

%define GUEST_NAME "forgotten-notification"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
SENDER_DELAY        equ 40
%define SENDER_TASK post
%include "interrupted.inc"
%include "posted.inc"

EXIT_REASON_CPUID   equ 10
CPUID_BYTES         equ 2
ROUNDS              equ 40
L2_PATIENCE         equ 1000

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
.run:   call    run_until_other_exit
        jc      .over
        cmp     dword [exit_reason], EXIT_REASON_CPUID
        jne     .over
        mov     ecx, GUEST_RIP
        vmread  rax, rcx
        add     rax, CPUID_BYTES
        vmwrite rcx, rax
        jmp     .run
.over:  verdict_begin "l2"
        call    put_entry_outcome
        verdict_end
        verdict_begin "posted"
        cmp     dword [seen], 0
        je      .not
        say     "while L2 runs"
        jmp     .said
.not:   say     "never"
.said:  verdict_end
.off:   vmxoff
.done:  ret
.not_offered:
        verdict_text "l2", "SKIP"
        verdict_text "posted", "SKIP"
        jmp     .off

; ---- L2 ----

works:  call    ask_sender
        mov     r12d, ROUNDS
.leave: cpuid
        dec     r12d
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
