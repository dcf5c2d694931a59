; What L1 finds in CR2 and DR6 when it takes exceptions of L2 as exits, of instructions that an L0 may do itself. A processor changes neither: the
; exit qualification has what they would have been.

%define GUEST_NAME "intercepted-faults"
%include "hvdiff.inc"
%include "vmx.inc"
%include "vmcs-fields.inc"
%include "vmcs.inc"

RFLAGS_TF           equ 1 << 8
EXCEPTION_DB        equ 1 << 1
EXCEPTION_PF        equ 1 << 14
UNUSED_PORT         equ 0x80
UNMAPPED            equ 0x80000000
BEFORE              equ 0x1234000
DR6_NOTHING         equ 0xffff0ff0

        section .text
        bits    64
        default rel

main:
        call    vmx_probe
        jc      .done
        call    vmx_prepare
        call    vmx_on

        mov     qword [l2_entry], output_string
        call    vmcs_load
        mov     ecx, EXCEPTION_BITMAP
        mov     eax, EXCEPTION_PF
        vmwrite rcx, rax
        mov     eax, BEFORE
        mov     cr2, rax
        call    l2_run
        verdict_begin "page-fault"
        call    put_exit
        say     ", CR2 "
        mov     rax, cr2
        call    put_hex
        verdict_end

        mov     qword [l2_entry], output
        call    vmcs_load
        mov     ecx, EXCEPTION_BITMAP
        mov     eax, EXCEPTION_DB
        vmwrite rcx, rax
        mov     ecx, GUEST_RFLAGS
        mov     eax, 2 | RFLAGS_TF
        vmwrite rcx, rax
        mov     eax, DR6_NOTHING
        mov     dr6, rax
        call    l2_run
        verdict_begin "single-step"
        call    put_exit
        say     ", DR6 "
        mov     rax, dr6
        call    put_hex
        verdict_end
        vmxoff
.done:  ret

put_exit:
        call    put_entry_outcome
        say     ", qualification "
        mov     rax, [exit_qualification]
        jmp     put_hex

; ---- L2 ----

output_string:
        mov     esi, UNMAPPED
        mov     edx, UNUSED_PORT
        outsb
        vmcall

output: out     UNUSED_PORT, al
        nop
        vmcall

%include "image-end.inc"
