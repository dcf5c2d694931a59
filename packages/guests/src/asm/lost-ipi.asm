; L1 injects an interrupt into an L2 that has not used its stack yet; the handler in L2 touches a page that L1's EPT lacks, and L1, back from
; that exit, waits for an IPI that another processor has sent meanwhile.

%define GUEST_NAME "lost-ipi"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "ept.inc"
SENDER_DELAY        equ 40
%include "interrupted.inc"

RFLAGS_IF           equ 1 << 9
TIMER_VECTOR        equ 0xd2
EVENT_EXTERNAL      equ 1 << 31 | TIMER_VECTOR
FAR_STACK           equ 0x2410000       ; nothing else is near
HOLE                equ 0x2800000

        section .text
        bits    64
        default rel

main:
        call    pair_prepare
        jc      .done
        bt      qword [caps.secondary], 33
        jc      .ept
        say     "SKIP EPT is not offered", 10
        ret
.ept:   mov     ecx, TIMER_VECTOR
        mov     edx, timer
        call    set_gate
        call    ept_identity
        mov     qword [ept_level_2 + (HOLE >> 21) * 8], 0
        mov     qword [l2_entry], begin
        mov     dword [wanted.pin], PIN_EXTERNAL_INTERRUPT
        or      dword [wanted.exit], EXIT_ACKNOWLEDGE
        mov     dword [wanted.secondary], SECONDARY_EPT
        call    vmcs_load
        mov     ecx, EPT_POINTER
        mov     eax, ept_level_4 + (EPTP_MEMORY_WB | EPTP_WALK_4)
        vmwrite rcx, rax
        mov     ecx, GUEST_RSP
        mov     eax, FAR_STACK
        vmwrite rcx, rax
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_IF
        vmwrite rcx, rax
        call    l2_run
        call    l2_skip_instruction
        mov     ecx, ENTRY_EVENT
        mov     eax, EVENT_EXTERNAL
        vmwrite rcx, rax
        call    start_sender
        jc      .off
        call    ask_sender
        call    run_until_other_exit
        jc      .failed
        call    await_interrupt
.failed:
        verdict_begin "l2"
        call    put_entry_outcome
        verdict_end
        verdict_begin "ipi"
        mov     eax, [handled]
        add     eax, [taken]
        jz      .lost
        say     "received"
        jmp     .said
.lost:  say     "lost"
.said:  verdict_end
.off:   vmxoff
.done:  ret

; ---- L2 ----

begin:  vmcall
.idle:  jmp     .idle

timer:  mov     eax, [abs HOLE]
        vmcall

%include "image-end.inc"
