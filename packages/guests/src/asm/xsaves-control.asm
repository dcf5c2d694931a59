; The control that XSAVES needs. L1 wants four secondary controls and takes the ones the policy allows, as hypervisors do;
; "enable XSAVES/XRSTORS" is one of them. Without it both instructions are invalid opcodes in L2, whatever CPUID says there.
; Probe (a) believes CPUID, probe (b) does not ask.

%define GUEST_NAME "xsaves-control"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"
%include "xsave.inc"

WANTED_SECONDARY    equ SECONDARY_RDTSCP | SECONDARY_INVPCID | SECONDARY_CONCEAL_FROM_PT | SECONDARY_XSAVES

; What an L2 probe says in RAX when it calls back
REPORT_COMPLETED    equ 0
REPORT_NO_XSAVE     equ 1
REPORT_NOT_OFFERED  equ 2
REPORT_AT_XSAVES    equ 3
REPORT_AT_XRSTORS   equ 4

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    xsave_enable
        call    report_l1
        call    vmx_on

        verdict_begin "policy"
        mov     rax, [caps.secondary]
        call    put_hex64
        verdict_end
        verdict_begin "wanted-granted"
        mov     esi, WANTED_SECONDARY
        mov     [wanted.secondary], esi
        mov     rax, [caps.secondary]
        call    allowed_control
        mov     [granted], eax
        call    put_hex32
        verdict_end

        verdict_begin "probe-a"
        mov     qword [l2_entry], probe_if_offered
        call    run_probe
        verdict_begin "probe-b"
        mov     qword [l2_entry], probe_always
        call    run_probe
        vmxoff
.done:  ret

; The same two instructions in L1, as a control: here only CPUID decides.
report_l1:
        verdict_begin "l1"
        call    cpuid_has_xsaves
        jc      .use
        say     "not offered, not used", 10
        ret
.use:   call    save_and_restore
        call    put_report
        call    put_instruction
        verdict_end
        ret

run_probe:
        call    vmcs_load
        bt      dword [granted], 20
        jnc     .enter
        mov     ecx, XSS_EXITING_BITMAP
        xor     eax, eax
        vmwrite rcx, rax
.enter: call    l2_run
        cmp     dword [outcome], OUTCOME_EXIT
        jne     .other
        cmp     dword [exit_reason], EXIT_REASON_VMCALL
        je      .report
        cmp     dword [exit_reason], EXIT_REASON_CPUID
        jne     .other
        call    l2_emulate_cpuid
        jmp     .enter
.other: call    put_entry_outcome
        verdict_end
        ret
.report:
        mov     eax, [l2.rax]
        call    put_report
        cmp     eax, REPORT_AT_XSAVES
        jb      .end
        say     " in L2"
.end:   call    put_instruction
        verdict_end
        ret

; eax: a report. The part before the place.
put_report:
        cmp     eax, REPORT_AT_XSAVES
        jae     put_trap
        push    rsi
        mov     esi, [rax * 4 + .texts]
        call    put_text
        pop     rsi
        ret
        section .rodata
        align   4, db 0
.texts: dd      .completed, .no_xsave, .not_offered
.completed:     db "completed", 0
.no_xsave:      db "no XSAVE, not used", 0
.not_offered:   db "not offered, not used", 0
        section .text

; eax: a report. The place, if it is about an exception.
put_instruction:
        cmp     eax, REPORT_AT_XSAVES
        jne     .restore
        say     " at xsaves"
        ret
.restore:
        cmp     eax, REPORT_AT_XRSTORS
        jne     .none
        say     " at xrstors"
.none:  ret

; ---- L2 ----

probe_if_offered:
        mov     eax, 1
        cpuid
        mov     ebp, REPORT_NO_XSAVE
        bt      ecx, CPUID_1_ECX_XSAVE
        jnc     .report
        call    cpuid_has_xsaves
        mov     ebp, REPORT_NOT_OFFERED
        jc      probe_always
.report:
        mov     eax, ebp
        vmcall

probe_always:
        call    save_and_restore
        vmcall

; XSAVES and XRSTORS of everything enabled -> eax: a report. Runs in L1 and in L2.
save_and_restore:
        mov     eax, [xsave_mask]
        xor     edx, edx
        guarded xsaves [xsave_area]
        mov     eax, REPORT_AT_XSAVES
        cmp     dword [trap_vector], TRAP_NONE
        jne     .done
        mov     eax, [xsave_mask]
        xor     edx, edx
        guarded xrstors [xsave_area]
        mov     eax, REPORT_AT_XRSTORS
        cmp     dword [trap_vector], TRAP_NONE
        jne     .done
        mov     eax, REPORT_COMPLETED
.done:  ret

        section .bss
        alignb  4
granted:        resd 1

%include "image-end.inc"
