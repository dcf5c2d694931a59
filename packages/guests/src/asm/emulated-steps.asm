; What L1 is told behind an instruction of L2 that an L0 may do itself: of a single step while MOV SS holds a breakpoint back, and of the monitor
; trap flag. A processor tells of all that is pending, and of the monitor trap right behind the instruction.

%define GUEST_NAME "emulated-steps"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

RFLAGS_TF           equ 1 << 8
BLOCKING_BY_MOV_SS  equ 1 << 1
PENDING_B0          equ 1 << 0
PENDING_ENABLED     equ 1 << 12
PENDING_BS          equ 1 << 14
EXCEPTION_DB        equ 1 << 1
PROCESSOR_MONITOR_TRAP_BIT equ 27
UNUSED_PORT         equ 0x80

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on
        mov     qword [l2_entry], write_back
        verdict_begin "wbinvd"
        call    step
        mov     qword [l2_entry], output
        verdict_begin "out"
        call    step
        call    monitor_trap
        vmxoff
.done:  ret

; L2 executes one instruction under TF, behind a MOV SS that has met a breakpoint.
step:   call    vmcs_load
        mov     ecx, EXCEPTION_BITMAP
        mov     eax, EXCEPTION_DB
        vmwrite rcx, rax
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_TF
        vmwrite rcx, rax
        mov     ecx, GUEST_INTERRUPTIBILITY
        mov     eax, BLOCKING_BY_MOV_SS
        vmwrite rcx, rax
        mov     ecx, GUEST_PENDING_DEBUG
        mov     eax, PENDING_BS | PENDING_ENABLED | PENDING_B0
        vmwrite rcx, rax
        call    l2_run
        call    put_entry_outcome
        cmp     dword [exit_reason], 0
        jne     .end
        say     " conditions "
        mov     rax, [exit_qualification]
        call    put_hex
        say     " pending "
        mov     ecx, GUEST_PENDING_DEBUG
        vmread  rax, rcx
        call    put_hex
.end:   verdict_end
        ret

monitor_trap:
        bt      qword [caps.processor], 32 + PROCESSOR_MONITOR_TRAP_BIT
        jc      .offered
        verdict_text "monitor-trap", "SKIP the monitor trap flag is not offered"
        ret
.offered:
        mov     dword [wanted.processor], 1 << PROCESSOR_MONITOR_TRAP_BIT
        call    vmcs_load
        call    l2_run
        verdict_begin "monitor-trap"
        call    put_entry_outcome
        say     " behind "
        mov     ecx, GUEST_RIP
        vmread  rax, rcx
        sub     rax, output
        call    put_decimal
        say     " bytes"
        verdict_end
        ret

; ---- L2 ----

write_back:
        wbinvd
        vmcall

output: out     UNUSED_PORT, al
        nop
        vmcall

%include "image-end.inc"
