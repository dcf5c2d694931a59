; An INIT for a processor in VMX root operation, which has to wait until that one leaves VMX operation; a start-up IPI that comes meanwhile is
; lost. The bootstrap processor sends both and looks where the other one has got to.

%define GUEST_NAME "init-in-root"
%define PATIENCE    2000
%include "hvdiff.inc"
%include "vmx.inc"
%include "svm-other.inc"

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    start_other
        jc      .alone
        mov     bl, STATE_IN_GUEST
        call    wait_for_state
        jc      .alone
        mov     eax, ICR_INIT
        call    send
        call    wait_a_while
        verdict_begin "init"
        call    put_place
        mov     eax, ICR_STARTUP | RESTART_PAGE
        call    send
        call    wait_a_while
        verdict_begin "startup"
        call    put_place
        mov     byte [may_leave], 1
        call    wait_a_while
        verdict_begin "vmxoff"
        call    put_place
        mov     eax, ICR_STARTUP | RESTART_PAGE
        call    send
        call    wait_a_while
        verdict_begin "startup-again"
        call    put_place
.done:  ret
.alone: say     "SKIP there is no second processor with VMX", 10
        verdict_text "init", "SKIP"
        verdict_text "startup", "SKIP"
        verdict_text "vmxoff", "SKIP"
        verdict_text "startup-again", "SKIP"
        ret

; Where the other processor is, as the rest of a verdict
put_place:
        mov     edi, RESTARTED
        cmp     byte [rdi], 0
        jne     .restarted
        mov     rax, [other.beats]
        call    wait_a_while
        cmp     rax, [other.beats]
        je      .stopped
        say     "goes on"
        jmp     .end
.stopped:
        say     "waits"
        jmp     .end
.restarted:
        say     "restarted"
.end:   verdict_end
        ret

; The other processor
other_main:
        mov     ecx, MSR_FEATURE_CONTROL
        call    read_msr
        jc      .usable
        test    eax, FEATURE_LOCK
        jnz     .usable
        or      eax, FEATURE_LOCK | FEATURE_VMX
        xor     edx, edx
        guarded wrmsr
.usable:
        call    vmx_prepare
        guarded vmxon [vmxon_pointer]
        cmp     dword [trap_vector], TRAP_NONE
        jne     .halt
        test    byte [trap_flags], FLAG_CF | FLAG_ZF
        jnz     .halt
        mov     byte [other.state], STATE_IN_GUEST
.root:  inc     qword [other.beats]
        cmp     byte [may_leave], 0
        je      .root
        vmxoff
.off:   inc     qword [other.beats]
        jmp     .off
.halt:  hlt
        jmp     .halt

        section .bss
may_leave:      resb 1

%include "image-end.inc"
